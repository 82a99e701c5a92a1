// How a client learns that policy has refused its request. Windows' goes by the status; MIT's and Heimdal's
// pass that over and read the body, so that it holds what a KDC would have said.
#include <ctime>
#include <vector>

#include "gateway/gateway.h"
#include "gateway/pending_request.h"
#include "kerberos/error_reply.h"
#include "kerberos/numbers.h"

namespace ferryman::gateway {

// Of the request only realm and sname go back, and no word of the rule.
void Gateway::refuse_by(PendingRequest& pending, policy::Rule rule) {
  constexpr unsigned status = 403;
  const std::string_view reason = policy::name(rule);
  pending.event.event_id = policy::event_id(rule);
  if (pending.is_bare()) return refuse_bare(pending, EventKind::refused, reason);
  constexpr std::int32_t code = kerberos::error_code::policy;
  const std::vector<std::uint8_t> error = kerberos::make_refusal(
      *pending.request,
      {code, pending.realm->name, "refused by the policy of this service", std::time(nullptr)});
  const auto header = kkdcp::reply_header(error.size(), pending.message.framing);
  if (error.empty() || !header) return refuse(pending, status, "Refused.\n", EventKind::refused, reason);
  http::Response response;
  response.status = status;
  response.content_type = "application/kerberos";
  response.body_head = header->bytes();
  response.body = error;
  if (pending.trace) response.fields = pending.trace->fields();
  if (shared_.traces.watched()) pending.own_reply.assign(error.begin(), error.end());
  pending.event.kind = EventKind::refused;
  pending.event.reason = reason;
  pending.event.status = pending.call->cancelled() ? 0 : status;
  pending.event.error = code;
  pending.call->respond(response);
}

}  // namespace ferryman::gateway
