#include "trace/packet.h"

#include <boost/asio/ip/address.hpp>

#include "base/endian.h"

namespace ferryman::trace {
namespace {

namespace ip = boost::asio::ip;

constexpr std::uint8_t protocol_tcp = 6, protocol_udp = 17, hop_limit = 64;
constexpr std::size_t tcp_header = 20, udp_header = 8, ipv4_header = 20;
constexpr std::uint16_t window = 65'535, dont_fragment = 0x4000;

class Packet {
 public:
  explicit Packet(std::size_t room) { octets_.reserve(room); }

  void put8(std::uint8_t value) { octets_.push_back(value); }
  void put16(std::uint16_t value) { put(value); }
  void put32(std::uint32_t value) { put(value); }
  void put(Bytes octets) { octets_.insert(octets_.end(), octets.begin(), octets.end()); }

  std::size_t size() const { return octets_.size(); }
  Bytes from(std::size_t at) const { return Bytes(octets_).subspan(at); }
  void set16(std::size_t at, std::uint16_t value) {
    store_be(std::span(octets_).subspan(at, sizeof value), value);
  }
  Octets take() { return std::move(octets_); }

 private:
  template <std::unsigned_integral T>
  void put(T value) {
    octets_.resize(octets_.size() + sizeof value);
    store_be(std::span(octets_).last(sizeof value), value);
  }

  Octets octets_;
};

// The ones' complement sum of RFC 1071, not folded.
std::uint64_t sum(Bytes octets) {
  std::uint64_t total = 0;
  for (; octets.size() >= 2; octets = octets.subspan(2)) total += load_be<std::uint16_t>(octets);
  if (!octets.empty()) total += static_cast<std::uint64_t>(octets[0]) << 8;
  return total;
}

std::uint16_t checksum(std::uint64_t total) {
  while (total >> 16 != 0) total = (total & 0xffff) + (total >> 16);
  return static_cast<std::uint16_t>(~total);
}

ip::address_v6 as_v6(const ip::address& address) {
  return address.is_v6() ? address.to_v6() : ip::make_address_v6(ip::v4_mapped, address.to_v4());
}

// The IP header for so many octets behind it. Returns the sum of the pseudo-header (RFC 9293 3.1, RFC 8200
// 8.1), which both have in common but for the width of their fields.
std::uint64_t put_header(Packet& packet, const ip::address& source, const ip::address& destination,
                         std::uint8_t protocol, std::size_t octets) {
  const auto length = static_cast<std::uint16_t>(octets);
  const std::uint64_t rest = std::uint64_t{protocol} + length;
  if (source.is_v4() && destination.is_v4()) {
    const auto from = source.to_v4().to_bytes(), to = destination.to_v4().to_bytes();
    packet.put8(0x45);  // version 4, 5 words
    packet.put8(0);
    packet.put16(static_cast<std::uint16_t>(ipv4_header + length));
    packet.put16(0);
    packet.put16(dont_fragment);
    packet.put8(hop_limit);
    packet.put8(protocol);
    packet.put16(0);
    packet.put(from);
    packet.put(to);
    packet.set16(10, checksum(sum(packet.from(0))));
    return sum(from) + sum(to) + rest;
  }
  const auto from = as_v6(source).to_bytes(), to = as_v6(destination).to_bytes();
  packet.put32(0x60000000);  // version 6
  packet.put16(length);
  packet.put8(protocol);
  packet.put8(hop_limit);
  packet.put(from);
  packet.put(to);
  return sum(from) + sum(to) + rest;
}

}  // namespace

Octets tcp_packet(const Endpoint& source, const Endpoint& destination, const TcpSegment& segment) {
  constexpr std::size_t checksum_at = 16;
  const std::size_t octets = tcp_header + segment.payload.size();
  Packet packet(40 + octets);
  const std::uint64_t pseudo =
      put_header(packet, source.address(), destination.address(), protocol_tcp, octets);
  const std::size_t begin = packet.size();
  packet.put16(source.port());
  packet.put16(destination.port());
  packet.put32(segment.sequence);
  packet.put32(segment.acknowledged);
  packet.put8(0x50);  // 5 words
  packet.put8(segment.flags);
  packet.put16(window);
  packet.put16(0);
  packet.put16(0);  // nothing is urgent
  packet.put(segment.payload);
  packet.set16(begin + checksum_at, checksum(pseudo + sum(packet.from(begin))));
  return packet.take();
}

Octets udp_packet(const Endpoint& source, const Endpoint& destination, Bytes payload) {
  constexpr std::size_t checksum_at = 6;
  const std::size_t octets = udp_header + payload.size();
  Packet packet(40 + octets);
  const std::uint64_t pseudo =
      put_header(packet, source.address(), destination.address(), protocol_udp, octets);
  const std::size_t begin = packet.size();
  packet.put16(source.port());
  packet.put16(destination.port());
  packet.put16(static_cast<std::uint16_t>(octets));
  packet.put16(0);
  packet.put(payload);
  const std::uint16_t found = checksum(pseudo + sum(packet.from(begin)));
  packet.set16(begin + checksum_at, found == 0 ? 0xffff : found);  // 0 would say that there is none
  return packet.take();
}

}  // namespace ferryman::trace
