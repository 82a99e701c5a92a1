#include "decode/connection.h"

#include <fmt/format.h>

#include <utility>

#include "decode/stream_messages.h"

namespace ferryman::decode {

bool Connection::is_over_at(unsigned direction, const Packet& packet) const {
  const TcpStream& stream = directions_.at(direction).stream;
  return packet.syn && stream.has_begun() && !stream.begins_behind(packet.sequence);
}

std::string_view Connection::transport(const Direction& direction) const {
  if (!is_http_) return "TCP";
  const bool http2 = direction.http && direction.http->reader.is_http2();
  if (direction.http && direction.http->tls) return http2 ? "HTTPS, HTTP/2" : "HTTPS";
  return http2 ? "HTTP/2" : "HTTP";
}

void Connection::tell(unsigned direction, Bytes bytes, std::string note, const OnMessage& on_message) const {
  const Direction& from = directions_.at(direction);
  on_message({direction, from.time, transport(from), bytes, std::move(note)});
}

void Connection::add(unsigned direction, std::chrono::microseconds time, const Packet& packet,
                     const OnMessage& on_message) {
  Direction& from = directions_.at(direction);
  from.time = time;
  if (from.given_up || !from.stream.add(packet.sequence, packet.syn, packet.payload)) return;
  if (packet.payload.empty()) return;
  take(direction, on_message);
  // Its hello may be what the other direction's records wait for.
  const Direction& other = directions_.at(1 - direction);
  if (other.http && other.http->tls && !other.given_up) take(1 - direction, on_message);
}

void Connection::take(unsigned direction, const OnMessage& on_message) {
  Direction& from = directions_.at(direction);
  if (from.stream.ready().empty()) return;
  if (is_http_) {
    from.given_up = !take_http(direction, on_message);
    return;
  }
  from.given_up = !take_framed(from.stream, [&](Bytes bytes, std::string note) {
    tell(direction, bytes, std::move(note), on_message);
  });
}

bool Connection::take_http(unsigned direction, const OnMessage& on_message) {
  Direction& from = directions_.at(direction);
  const auto tell_body = [&](Bytes bytes, std::string note) {
    tell(direction, bytes, std::move(note), on_message);
  };
  if (!from.http) {
    constexpr std::size_t enough = 2;
    if (from.stream.ready().size() < enough) return true;
    from.http = std::make_unique<Http>();
    from.http->tls = TlsConnection::begins(from.stream.ready());
  }
  Http& http = *from.http;
  if (!http.tls) return take_text(http, from.stream, tell_body);
  if (!tls_) tls_ = std::make_unique<TlsConnection>(keys_);
  const bool readable = tls_->take(direction, from.stream, http.text);
  if (!take_text(http, http.text, tell_body)) return false;
  if (!readable && !tls_->fault().empty() && !std::exchange(told_fault_, true)) tell_body({}, tls_->fault());
  return readable;
}

// What is incomplete is looked at again when it has grown: else many small segments cost its square. What is
// incomplete of HTTP/2 is a frame, at which a look costs nothing.
bool Connection::take_text(Http& http, TcpStream& text, const decode::OnMessage& on_message) {
  constexpr std::size_t small = 4096, part = 16;
  if (text.ready().size() < http.look_at) return true;
  const bool more = http.reader.take(text, on_message);
  const std::size_t left = text.ready().size();
  http.look_at = left > small && !http.reader.is_http2() ? left + left / part : 0;
  return more;
}

void Connection::finish(const OnMessage& on_message) {
  for (unsigned direction : {0U, 1U}) finish(direction, on_message);
}

void Connection::finish(unsigned direction, const OnMessage& on_message) {
  Direction& from = directions_.at(direction);
  if (from.http) from.http->look_at = 0;
  if (!from.given_up) take(direction, on_message);
  while (!from.given_up && from.stream.gap() != 0) {
    tell(direction, {}, fmt::format("{} octets of the stream are missing", from.stream.gap()), on_message);
    // Where the next record or frame begins is not to be seen.
    from.given_up = from.http && (from.http->tls || from.http->reader.is_http2());
    if (from.given_up) return;
    from.stream.skip_gap();
    take(direction, on_message);
  }
  const std::size_t left = from.stream.ready().size();
  if (!from.given_up && left != 0 && !is_http_)
    tell(direction, {}, fmt::format("the stream ends inside a message, after {} octets of it", left),
         on_message);
}

}  // namespace ferryman::decode
