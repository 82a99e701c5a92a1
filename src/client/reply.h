#pragma once

#include <string>
#include <tl/expected.hpp>

#include "base/bytes.h"
#include "kerberos/reply.h"
#include "kerberos/request.h"

namespace ferryman::client {

// The Kerberos message in the body of a gateway's answer with status 200, without length prefix: a view into
// the body. It must be one that answers a request of that kind. The error is a sentence's end for people:
// "sent no KDC-PROXY-MESSAGE (wrong_tag at octet 0)".
tl::expected<kerberos::Reply, std::string> read_answer(Bytes body, kerberos::RequestKind to);

// Whether the answer is KDC_ERR_SVC_UNAVAILABLE: the KDC's word that another one is to be asked (RFC
// 4120 7.5.9 names the code alone; MIT's and Heimdal's libraries go on to the next KDC, and so does a
// gateway).
bool is_unavailable(const kerberos::Reply& reply);

// What an HTTP status other than 200 means when a KDC proxy sends it: "found no KDC that answers (HTTP 503)".
std::string explain_status(int status);

// Whether a gateway that says so cannot have passed the message on, so that another one may be asked whatever
// the message is.
bool was_not_relayed(int status);

}  // namespace ferryman::client
