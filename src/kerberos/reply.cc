#include "kerberos/reply.h"

#include "der/tag.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/kpasswd.h"
#include "kerberos/krb_error.h"
#include "kerberos/numbers.h"

namespace ferryman::kerberos {
namespace {

Result<Reply> parse_ticket_reply(Bytes message, std::int32_t type, ReplyKind kind) {
  if (message[0] != der::application(static_cast<unsigned>(type))) {
    return tl::unexpected(Error{Fault::unknown_message, 0});
  }
  const auto rep = parse_kdc_rep(message, type);
  if (!rep) return tl::unexpected(rep.error());
  return Reply{kind, message, 0, rep->ticket.realm};
}

}  // namespace

std::string_view name(ReplyKind kind) {
  switch (kind) {
    case ReplyKind::as_rep:
      return "AS-REP";
    case ReplyKind::tgs_rep:
      return "TGS-REP";
    case ReplyKind::krb_error:
      return "KRB-ERROR";
    case ReplyKind::kpasswd:
      return "KPASSWD-REP";
  }
  return {};
}

Result<Reply> parse_reply(Bytes message, RequestKind to) {
  if (message.empty()) return tl::unexpected(Error{Fault::truncated, 0});
  if (message[0] == der::application(msg_type::krb_error)) {
    const auto error = parse_krb_error(message);
    if (!error) return tl::unexpected(error.error());
    return Reply{ReplyKind::krb_error, message, error->error_code, {}};
  }
  switch (to) {
    case RequestKind::as_req:
      return parse_ticket_reply(message, msg_type::as_rep, ReplyKind::as_rep);
    case RequestKind::tgs_req:
      return parse_ticket_reply(message, msg_type::tgs_rep, ReplyKind::tgs_rep);
    case RequestKind::kpasswd:
      break;
  }
  const auto reply = parse_kpasswd_reply(message);
  if (!reply) return tl::unexpected(reply.error());
  return Reply{ReplyKind::kpasswd, message, reply->error_code, {}};
}

}  // namespace ferryman::kerberos
