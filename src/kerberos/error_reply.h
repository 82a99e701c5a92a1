#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kerberos/request.h"

namespace ferryman::kerberos {

// The realm that a request is for, a view of its bytes. kpasswd names none of its own: its ticket does. Empty
// where there is none.
std::string_view realm_of(const Request& request);

// What a KRB-ERROR says that no KDC has sent, but whoever stands before one.
struct ErrorReply {
  std::int32_t code = 0;
  std::string realm;
  std::string_view text;  // for people; unprintable octets are shown as such, and it is cut
  std::int64_t time = 0;  // seconds since 1970
};

// It in the form that answers such a request. A kpasswd answer's e-data is a result code and a text
// (RFC 3244 2), which is what MIT's client shows; Heimdal's ends by a signal without it.
std::vector<std::uint8_t> make_error_reply(RequestKind kind, const ErrorReply& reply);

// The same for a request that was read: to an AS-REQ or TGS-REQ it names the realm and the service that the
// request does, and has no text, as Windows' errors.
std::vector<std::uint8_t> make_refusal(const Request& request, const ErrorReply& reply);

}  // namespace ferryman::kerberos
