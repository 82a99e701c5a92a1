#include "exchange/exchange_state.h"

#include "base/text.h"
#include "kerberos/names.h"

namespace ferryman::exchange {

namespace {

// A KDC issues tickets of its own realm, also those that refer to another. Only a domain's NetBIOS name is
// answered under its full one (MS-KILE 3.3.5.1).
bool may_issue(std::string_view ticket_realm, std::string_view asked_realm) {
  return equal_without_case(ticket_realm, asked_realm) || asked_realm.find('.') == std::string_view::npos;
}

}  // namespace

ExchangeState::Verdict ExchangeState::judge(Bytes message) {
  const auto reply = kerberos::parse_reply(message, request.kind);
  if (!reply) {
    outcome.bad_reply = reply.error();
    return Verdict::nonsense;
  }
  if (!reply->realm.empty() && !may_issue(reply->realm, request.realm()) &&
      !equal_without_case(reply->realm, realm)) {
    outcome.bad_reply = Error{Fault::wrong_realm, 0};
    return Verdict::nonsense;
  }
  if (reply->kind == kerberos::ReplyKind::krb_error) {
    if (reply->error_code == kerberos::error_code::response_too_big) return Verdict::too_big;
    if (reply->error_code == kerberos::error_code::service_unavailable && repeatable) {
      return Verdict::unavailable;
    }
  }
  outcome.reply = *reply;
  return Verdict::accepted;
}

void ExchangeState::accept(const discovery::Kdc& kdc, discovery::Transport transport) {
  answered = true;
  outcome.kdc = &kdc;
  outcome.transport = transport;
  outcome.status = Status::answered;
}

}  // namespace ferryman::exchange
