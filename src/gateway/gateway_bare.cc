// Kerberos by itself, over UDP and TCP (RFC 4120 7.2): how its requests are read and how they are answered.
// Where HTTP has a status, the client is told by a KRB-ERROR or by nothing. Nothing is what it gets where it
// had better ask elsewhere or later, and always for what is malformed: over UDP an answer might go to
// somebody who never asked.
#include <algorithm>
#include <ctime>
#include <utility>

#include "gateway/gateway.h"
#include "gateway/pending_request.h"
#include "kerberos/error_reply.h"
#include "kerberos/numbers.h"
#include "kerberos/reply.h"

namespace ferryman::gateway {
namespace {

namespace error_code = kerberos::error_code;

// Of an error of our own: the realm that was asked for if it is ours, else one that is.
std::string realm_of_error(const Realm* realm, const Settings& settings) {
  if (realm != nullptr && realm->is_local()) return realm->name;
  const auto local = std::find_if(settings.realms.begin(), settings.realms.end(), [](const Realm& one) {
    return one.is_local() && !one.name.starts_with('*');
  });
  return local != settings.realms.end() ? local->name : std::string();
}

}  // namespace

bool Gateway::read_bare_message(PendingRequest& pending) {
  const Bytes message = pending.call->body();
  if (message.empty()) {  // it was announced as longer than any may be
    pending.event.kind = EventKind::malformed;
    pending.event.reason = "field_too_long";
    respond_error(pending, error_code::field_too_long, {});
    return false;
  }
  const auto request = kerberos::parse_request(message);
  if (!request) {
    refuse_malformed(pending, name(request.error().fault), &request.error());
    return false;
  }
  pending.request = *request;
  pending.event.request = &*pending.request;
  const std::string_view realm = kerberos::realm_of(*request);
  if (realm.empty()) {
    refuse_malformed(pending, "no_realm", nullptr);
    return false;
  }
  pending.message.target_domain = realm;
  if (!request->kdc_req) pending.event.target_domain = realm;
  return true;
}

void Gateway::answer_bare(PendingRequest& pending) {
  const Bytes reply = pending.outcome.reply.bytes;
  if (pending.is_datagram() && reply.size() > pending.settings->max_udp_answer) {
    pending.event.reason = "too_large_for_udp";
    return respond_error(pending, error_code::response_too_big, "the answer is too large for UDP");
  }
  http::Response response;
  response.body = reply;
  pending.call->respond(response);
}

void Gateway::refuse_bare(PendingRequest& pending, EventKind kind, std::string_view reason) {
  pending.event.kind = kind;
  pending.event.reason = reason;
  if (pending.is_datagram() && reason == policy::name(policy::Rule::client_failures)) {
    // They may be somebody else's, in this client's name: it is to come by TCP, where they are its own.
    respond_error(pending, error_code::response_too_big, "too many failures over UDP");
  } else if (kind == EventKind::refused) {
    respond_error(pending, error_code::policy, "refused by the policy of this service");
  } else if (kind == EventKind::realm_not_served) {
    respond_error(pending, error_code::wrong_realm, "this service does not serve the realm");
  } else {
    pending.call->drop();
  }
}

// The text is for kpasswd, whose client shows it. Elsewhere there is none, as in Windows' errors.
void Gateway::respond_error(PendingRequest& pending, std::int32_t code, std::string_view text) {
  const bool kpasswd = pending.request && pending.request->kind == kerberos::RequestKind::kpasswd;
  const auto error =
      kerberos::make_error_reply(kpasswd ? kerberos::RequestKind::kpasswd : kerberos::RequestKind::as_req,
                                 {code, realm_of_error(pending.realm.get(), *pending.settings),
                                  kpasswd ? text : "", std::time(nullptr)});
  if (error.empty()) return pending.call->drop();
  http::Response response;
  response.body = error;
  pending.event.error = code;
  if (shared_.traces.watched()) pending.own_reply.assign(error.begin(), error.end());
  pending.call->respond(response);
}

}  // namespace ferryman::gateway
