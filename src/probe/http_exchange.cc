#include "probe/http_exchange.h"

#include <fmt/format.h>

#include <array>

namespace ferryman::probe {
namespace {

// MIT's fields are those of krb5 1.20's sendto_kdc.c, in its order.
std::string head_of(const Target& target, const HttpRequest& request) {
  const std::string& path = request.path.empty() ? target.path : request.path;
  std::string head = fmt::format("{} {} HTTP/1.{}\r\nHost: {}\r\n", request.method, path,
                                 request.as_mit ? 0 : 1, target.authority());
  if (request.as_mit)
    head += "Cache-Control: no-cache\r\nPragma: no-cache\r\nUser-Agent: kerberos/1.0\r\n";
  else
    head += "User-Agent: ferryman-probe\r\n";
  if (request.method != "GET")
    head += fmt::format("Content-type: application/kerberos\r\nContent-Length: {}\r\n", request.body.size());
  return head + "\r\n";
}

void read_some(Link& link, HttpAnswer& answer, Clock::time_point begun, Deadline deadline) {
  std::array<std::uint8_t, 16384> buffer;
  const std::size_t size = link.read(buffer, deadline);
  if (size > 0 && !answer.reply.anything()) answer.first = since(begun);
  if (size > 0)
    answer.reply.feed({buffer.data(), size});
  else if (link.end() == End::orderly || link.end() == End::cut)
    answer.reply.end();
}

}  // namespace

HttpAnswer exchange(Link& link, const Target& target, const HttpRequest& request, Deadline deadline) {
  constexpr std::chrono::milliseconds patience{700};
  using State = HttpReply::State;
  HttpAnswer answer;
  const auto begun = Clock::now();
  const std::string head = head_of(target, request);
  std::vector<std::uint8_t> octets(head.begin(), head.end());
  if (!request.head_first) octets.insert(octets.end(), request.body.begin(), request.body.end());
  // A server that refuses early may close before it has read everything, and its answer is there to read.
  link.write(octets, deadline);
  if (request.head_first && link.end() == End::none) {
    read_some(link, answer, begun, std::min(deadline, begun + patience));
    if (link.end() == End::timed_out) link.write(request.body, deadline);
  }
  while (answer.reply.state() == State::incomplete &&
         (link.end() == End::none || link.end() == End::timed_out) && Clock::now() < deadline)
    read_some(link, answer, begun, deadline);
  answer.whole = since(begun);
  answer.end = link.end();
  if (answer.reply.state() == State::malformed) answer.trouble = answer.reply.fault();
  if (answer.reply.state() == State::incomplete) {
    answer.trouble = answer.end == End::none ? "timed out" : link.end_words();
    if (answer.reply.anything()) answer.trouble += " within its answer";
  }
  return answer;
}

End wait_for_end(Link& link, Deadline deadline) {
  if (link.end() != End::none) return link.end();
  std::array<std::uint8_t, 4096> buffer;
  link.read(buffer, deadline);
  return link.end();
}

}  // namespace ferryman::probe
