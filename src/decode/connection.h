#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "decode/http_messages.h"
#include "decode/packet.h"
#include "decode/tcp_stream.h"
#include "decode/tls_connection.h"
#include "decode/tls_key_log.h"

namespace ferryman::decode {

// A message in a connection, or a note about what could not be read.
struct StreamMessage {
  unsigned direction;
  std::chrono::microseconds time;  // of the direction's last packet
  std::string_view transport;      // "TCP", "HTTP", "HTTP/2", and with TLS "HTTPS", "HTTPS, HTTP/2"
  Bytes bytes;
  std::string note;
};

// A TCP connection of a capture: puts both directions together and finds the messages in them, behind their
// lengths or in HTTP, with or without TLS. It holds at most what it was given. Not for use by several
// threads.
class Connection {
 public:
  using OnMessage = std::function<void(const StreamMessage&)>;

  // http: otherwise messages stand behind their lengths. keys: must outlive it.
  Connection(bool http, const TlsKeyLog& keys) : is_http_(http), keys_(keys) {}

  // Whether that packet, of that direction (0 or 1), begins another connection between the same ports.
  bool is_over_at(unsigned direction, const Packet& packet) const;

  void add(unsigned direction, std::chrono::microseconds time, const Packet& packet,
           const OnMessage& on_message);
  // What still waits when nothing more comes.
  void finish(const OnMessage& on_message);

  // It is TLS, and its keys were not at hand.
  bool is_closed() const { return tls_ && tls_->is_closed(); }

 private:
  struct Http {
    bool tls = false;
    TcpStream text;  // what is inside TLS
    HttpReader reader;
    std::size_t look_at = 0;  // octets in order from which on it is worth while
  };
  struct Direction {
    TcpStream stream;
    std::unique_ptr<Http> http;  // from its first octet on
    bool given_up = false;
    std::chrono::microseconds time{0};
  };

  void take(unsigned direction, const OnMessage& on_message);
  bool take_http(unsigned direction, const OnMessage& on_message);
  static bool take_text(Http& http, TcpStream& text, const decode::OnMessage& on_message);
  void finish(unsigned direction, const OnMessage& on_message);
  std::string_view transport(const Direction& direction) const;
  void tell(unsigned direction, Bytes bytes, std::string note, const OnMessage& on_message) const;

  bool is_http_;
  bool told_fault_ = false;  // of TLS
  const TlsKeyLog& keys_;
  std::array<Direction, 2> directions_;
  std::unique_ptr<TlsConnection> tls_;  // from the first octet of TLS on
};

}  // namespace ferryman::decode
