#pragma once

#include <chrono>
#include <string>

#include "probe/http_reply.h"
#include "probe/link.h"

namespace ferryman::probe {

struct HttpRequest {
  std::string method = "POST";
  std::string path;  // empty: the target's
  Bytes body;
  bool as_mit = false;  // HTTP/1.0 with the header fields of MIT's client
  // The head goes first, the body when the server has not answered by then: it may refuse the size.
  bool head_first = false;
};

// One answer, or what came instead.
struct HttpAnswer {
  HttpReply reply;
  End end = End::none;  // when the answer was complete: none, or how the connection went
  std::string trouble;  // a few words; empty for a complete answer
  std::chrono::microseconds first{0}, whole{0};  // until its first octet and its last

  bool complete() const { return trouble.empty() && reply.state() == HttpReply::State::complete; }
};

// Asks over HTTP/1.0 or HTTP/1.1.
HttpAnswer exchange(Link& link, const Target& target, const HttpRequest& request, Deadline deadline);

// Waits for the peer to end the connection: none where it has sent more instead.
End wait_for_end(Link& link, Deadline deadline);

// The same question over HTTP/2, as the only one of its connection. The answer's reply() has no head: only
// status and body count.
struct Http2Answer {
  unsigned status = 0;
  std::vector<std::uint8_t> body;
  std::string trouble;
};
Http2Answer exchange_http2(Link& link, const Target& target, Bytes body, Deadline deadline);

}  // namespace ferryman::probe
