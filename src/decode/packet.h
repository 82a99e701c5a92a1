#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace ferryman::decode {

// An address and a port of a captured packet; IPv4 addresses have 4 octets.
struct Endpoint {
  std::array<std::uint8_t, 16> address{};
  std::uint8_t size = 0;
  std::uint16_t port = 0;

  std::string to_string() const;  // "192.0.2.1:88", "[2001:db8::1]:88"
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// A UDP datagram or TCP segment, a view of the packet.
struct Packet {
  Endpoint source, destination;
  bool tcp = false;
  bool cut = false;  // the capture does not hold all of it
  std::uint32_t sequence = 0;
  bool syn = false;
  Bytes payload;
};

enum class PacketKind : std::uint8_t { other, fragment, transport };

// Reads a frame of that link-layer type (DLT_ of libpcap): Ethernet with VLAN tags, Linux cooked, BSD
// loopback, raw IP. Fragments are told apart, not put together. Total.
PacketKind read_packet(int link_type, Bytes frame, Packet& out);

// Whether read_packet() knows that link-layer type.
bool is_known_link(int link_type);

}  // namespace ferryman::decode
