#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "trace/packet.h"
#include "trace/pcapng.h"

namespace ferryman::trace {

// One exchange as it is to stand in a capture. Times are since 1970; an empty message has not been sent.
struct Exchange {
  using Time = std::chrono::microseconds;

  struct Side {
    std::string comment;  // of each message
    Endpoint from, to;
    bool udp = false;
    Bytes request, reply;
    Time asked{0}, answered{0};
  };
  Side client;              // the client's, to the gateway
  std::optional<Side> kdc;  // the gateway's, to a KDC
};

// Writes Kerberos messages as packets of UDP, or of TCP with the length of RFC 4120 7.2.2 before each. All
// that a client sends from one port is one TCP connection that goes on. Each exchange with a KDC is a
// connection of its own, from its opening to its end: the gateway's port is a running number.
class PacketWriter {
 public:
  explicit PacketWriter(Pcapng& out) : out_(out) {}

  // The packets of one side have rising times, and the KDC's stand between the client's.
  void write(const Exchange& exchange);

 private:
  using Time = Exchange::Time;

  struct Direction {
    Endpoint from, to;
  };
  // Of a connection: what either end sends next.
  struct Stream {
    std::uint32_t client = 0, server = 0;
    bool open = false;
  };

  void write_kdc(const Exchange::Side& side);
  Stream& stream_of(const Direction& way);
  void open(Stream& stream, const Direction& way, Time time);
  void close(Stream& stream, const Direction& way, Time time);
  // A message from the side that opened the connection (up), or to it.
  void message(Stream* stream, const Direction& way, bool up, Bytes message, Time time,
               std::string_view comment);
  void segment(const Stream& stream, const Direction& way, bool up, std::uint8_t flags, Bytes payload,
               Time time, std::string_view comment = {});

  Pcapng& out_;
  std::map<std::pair<Endpoint, Endpoint>, Stream> streams_;  // of clients
  std::uint16_t next_port_ = 1023;
  std::uint32_t next_sequence_ = 1;
};

}  // namespace ferryman::trace
