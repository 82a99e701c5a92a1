#pragma once

#include <memory>

#include "http/session.h"

namespace ferryman::net {

// Messages that stand alone, each with its length in four octets before it, as Kerberos has them over TCP
// (RFC 4120 7.2.2): a session that a Connection has in place of HTTP's. One message is in work at a time;
// what a client sends behind it is kept until that one is answered, so answers come in the order of the
// requests.
//
// A message is handed over as the body of a request without method and path, its answer is a response's body.
// One that is announced longer than limits.max_body, or with the reserved high bit, is handed over without a
// body at once, so that its sender can be told; that answer is the connection's last. A request that is
// dropped ends the connection.
//
// limits and handler must outlive the session.
std::unique_ptr<http::Session> make_message_session(const http::Limits& limits, http::Handler& handler);

}  // namespace ferryman::net
