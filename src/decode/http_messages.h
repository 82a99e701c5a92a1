#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "decode/stream_messages.h"
#include "decode/tcp_stream.h"

namespace ferryman::decode {

// One direction of an HTTP/2 connection (RFC 9113): the content of its streams, put together of their DATA
// frames, where it begins as a KDC-PROXY-MESSAGE. Nothing depends on the fields, which are not read. Not for
// use by several threads.
class Http2Reader {
 public:
  // Streams that may be open at a time, and octets of a frame.
  static constexpr std::size_t max_streams = 1000, max_frame = 1 << 20;

  // Takes the complete frames off the stream; false when these are none.
  bool take(TcpStream& stream, const OnMessage& on_message);

 private:
  bool take_frame(Bytes frame, const OnMessage& on_message);
  bool take_data(std::uint32_t id, std::uint8_t flags, Bytes payload, const OnMessage& on_message);
  void end(std::uint32_t id, const OnMessage& on_message);

  std::map<std::uint32_t, Octets> contents_;  // of the streams that have begun and not ended
};

// One direction of a connection that carries HTTP: HTTP/1.x until it goes over to HTTP/2, which it may at its
// first octet. Not for use by several threads.
class HttpReader {
 public:
  // Takes complete messages off the stream; false when it holds none and should not be asked again.
  bool take(TcpStream& stream, const OnMessage& on_message);

  bool is_http2() const { return http2_.has_value(); }

 private:
  std::optional<Http2Reader> http2_;
};

}  // namespace ferryman::decode
