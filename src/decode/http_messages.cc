#include "decode/http_messages.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/endian.h"
#include "der/tag.h"

namespace ferryman::decode {
namespace {

constexpr std::size_t frame_head = 9;  // length, type, flags, stream
constexpr std::uint8_t data_frame = 0, headers_frame = 1, reset_frame = 3, settings_frame = 4;
constexpr std::uint8_t end_stream = 1, padded = 8;
// The client's preface (RFC 9113 3.4).
constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::size_t length_of(Bytes frame) {
  return load_be<std::uint32_t>(frame) >> 8;
}

// A server begins with SETTINGS and nothing before it. No HTTP/1.x message begins with a zero.
bool may_be_settings(Bytes ready) {
  return ready[0] == 0 && (ready.size() < frame_head || ready[3] == settings_frame);
}

enum class Begins : std::uint8_t { http1, http2, unclear };

Begins what_begins(Bytes ready) {
  if (ready.empty()) return Begins::unclear;
  if (may_be_settings(ready)) return ready.size() < frame_head ? Begins::unclear : Begins::http2;
  const std::string_view text = as_text(ready).substr(0, preface.size());
  if (text != preface.substr(0, text.size())) return Begins::http1;
  return text.size() < preface.size() ? Begins::unclear : Begins::http2;
}

}  // namespace

bool Http2Reader::take(TcpStream& stream, const OnMessage& on_message) {
  for (;;) {
    const Bytes ready = stream.ready();
    if (ready.size() < frame_head) return true;
    const std::size_t size = length_of(ready);
    if (size > max_frame) return false;
    if (ready.size() - frame_head < size) return true;
    if (!take_frame(ready.first(frame_head + size), on_message)) return false;
    stream.consume(frame_head + size);
  }
}

bool Http2Reader::take_frame(Bytes frame, const OnMessage& on_message) {
  constexpr std::size_t flags_at = 4, stream_at = 5;
  constexpr std::uint32_t reserved = 0x80000000;
  const std::uint8_t type = frame[3], flags = frame[flags_at];
  const std::uint32_t id = load_be<std::uint32_t>(frame.subspan(stream_at)) & ~reserved;
  if (type == data_frame) return take_data(id, flags, frame.subspan(frame_head), on_message);
  if (type == headers_frame && (flags & end_stream) != 0) end(id, on_message);  // trailers
  if (type == reset_frame) contents_.erase(id);
  return true;
}

bool Http2Reader::take_data(std::uint32_t id, std::uint8_t flags, Bytes payload,
                            const OnMessage& on_message) {
  if ((flags & padded) != 0) {
    if (payload.empty() || payload[0] >= payload.size()) return false;
    payload = payload.subspan(1, payload.size() - 1 - payload[0]);
  }
  if (!payload.empty()) {
    Octets& content = contents_[id];
    if (contents_.size() > max_streams) return false;
    // Of what is too long to be a message the first octets stay, and no more.
    const std::size_t room = max_message + 1 - std::min(content.size(), max_message + 1);
    const Bytes part = payload.first(std::min(payload.size(), room));
    content.insert(content.end(), part.begin(), part.end());
  }
  if ((flags & end_stream) != 0) end(id, on_message);
  return true;
}

void Http2Reader::end(std::uint32_t id, const OnMessage& on_message) {
  const auto found = contents_.find(id);
  if (found == contents_.end()) return;
  const Octets content = std::move(found->second);
  contents_.erase(found);
  if (content.size() <= max_message && content[0] == der::sequence) on_message(content, {});
}

bool HttpReader::take(TcpStream& stream, const OnMessage& on_message) {
  while (!http2_) {
    const Begins begins = what_begins(stream.ready());
    if (begins == Begins::unclear) return true;
    if (begins == Begins::http1) {
      const Progress progress = take_http1(stream, on_message);
      if (progress != Progress::done) return progress == Progress::more;
      continue;
    }
    if (stream.ready()[0] != 0) stream.consume(preface.size());
    http2_.emplace();
  }
  return http2_->take(stream, on_message);
}

}  // namespace ferryman::decode
