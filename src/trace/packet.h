#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>

#include "base/bytes.h"

namespace ferryman::trace {

using Endpoint = boost::asio::ip::tcp::endpoint;

namespace tcp_flag {
inline constexpr std::uint8_t fin = 1, syn = 2, psh = 8, ack = 16;
}

struct TcpSegment {
  std::uint32_t sequence = 0, acknowledged = 0;
  std::uint8_t flags = 0;
  Bytes payload;
};

// What fits into one packet of either family.
inline constexpr std::size_t max_segment = 32 * 1024, max_datagram = 65'535 - 40 - 8;

// Whole IP packets (RFC 791, RFC 8200) with a TCP segment (RFC 9293) or a UDP datagram (RFC 768) in them, all
// lengths and checksums set. Where one end is IPv4 and the other IPv6, that one is written IPv4-mapped.
// Payloads are at most what fits.
Octets tcp_packet(const Endpoint& source, const Endpoint& destination, const TcpSegment& segment);
Octets udp_packet(const Endpoint& source, const Endpoint& destination, Bytes payload);

}  // namespace ferryman::trace
