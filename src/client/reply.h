#pragma once

#include <string>
#include <tl/expected.hpp>

#include "base/bytes.h"
#include "kerberos/request.h"

namespace ferryman::client {

// The Kerberos message in the body of a gateway's answer with status 200, without length prefix: a view into
// the body. It must be one that answers a request of that kind. The error is a sentence's end for people:
// "sent no KDC-PROXY-MESSAGE (wrong_tag at octet 0)".
tl::expected<Bytes, std::string> read_answer(Bytes body, kerberos::RequestKind to);

// What an HTTP status other than 200 means when a KDC proxy sends it: "found no KDC that answers (HTTP 503)".
std::string explain_status(int status);

// Whether a gateway that says so cannot have passed the message on, so that another one may be asked whatever
// the message is.
bool was_not_relayed(int status);

}  // namespace ferryman::client
