#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "decode/tcp_stream.h"

namespace ferryman::decode {

// A longer message is none: ferrymand takes no more either.
inline constexpr std::size_t max_message = 1 << 20;

// Called with a message, or with no bytes and a note.
using OnMessage = std::function<void(Bytes message, std::string note)>;

// Takes complete messages off a stream; false when it holds no such messages and should not be asked again.
// Kerberos over TCP: a length of 4 octets before each (RFC 4120 7.2.2).
bool take_framed(TcpStream& stream, const OnMessage& on_message);

enum class Progress : std::uint8_t { more, done, wrong };

// HTTP/1.x: takes one request or response, and hands over its body if it is of type application/kerberos or
// begins as a KDC-PROXY-MESSAGE. A body ends with its Content-Length or last chunk.
Progress take_http1(TcpStream& stream, const OnMessage& on_message);

}  // namespace ferryman::decode
