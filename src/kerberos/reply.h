#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "kerberos/request.h"

namespace ferryman::kerberos {

enum class ReplyKind : std::uint8_t { as_rep, tgs_rep, krb_error, kpasswd };

std::string_view name(ReplyKind kind);  // "AS-REP", "TGS-REP", "KRB-ERROR", "KPASSWD-REP"

// A view of a KDC's or kpasswd server's answer, without length prefix. Valid as long as the bytes are.
struct Reply {
  ReplyKind kind = ReplyKind::krb_error;
  Bytes bytes;
  std::int32_t error_code = 0;  // of a KRB-ERROR; names in kerberos/names.h
  std::string_view realm;       // that issued the ticket of an AS-REP or TGS-REP; empty for the others
};

// Reads an answer and checks that it is one to a request of that kind: AS-REP to AS-REQ, TGS-REP to
// TGS-REQ, a kpasswd reply to kpasswd, KRB-ERROR to each. Another kind is Fault::unknown_message.
Result<Reply> parse_reply(Bytes message, RequestKind to);

}  // namespace ferryman::kerberos
