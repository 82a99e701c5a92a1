#include "decode/packet.h"

#include <fmt/format.h>
#include <pcap/dlt.h>

#include <algorithm>

#include "base/endian.h"
#include "decode/node.h"

namespace ferryman::decode {
namespace {

constexpr std::uint16_t ethertype_ipv4 = 0x0800, ethertype_ipv6 = 0x86dd, ethertype_vlan = 0x8100,
                        ethertype_qinq = 0x88a8;
constexpr std::uint8_t protocol_tcp = 6, protocol_udp = 17;

std::uint16_t u16(Bytes bytes, std::size_t at) {
  return load_be<std::uint16_t>(bytes.subspan(at));
}

Bytes behind(Bytes bytes, std::size_t octets) {
  return bytes.subspan(std::min(octets, bytes.size()));
}

Endpoint endpoint(Bytes address) {
  Endpoint endpoint;
  endpoint.size = static_cast<std::uint8_t>(address.size());
  std::copy(address.begin(), address.end(), endpoint.address.begin());
  return endpoint;
}

// The IP packet in a frame; empty for anything else.
Bytes ip_of_ethertype(Bytes frame, std::size_t type_at) {
  constexpr std::size_t tag = 4;
  constexpr int most_tags = 4;
  for (int i = 0; i < most_tags && frame.size() >= type_at + 2; ++i, type_at += tag) {
    const std::uint16_t type = u16(frame, type_at);
    if (type == ethertype_ipv4 || type == ethertype_ipv6) return frame.subspan(type_at + 2);
    if (type != ethertype_vlan && type != ethertype_qinq) return {};
  }
  return {};
}

Bytes ip_of(int link_type, Bytes frame) {
  constexpr std::size_t ethernet_type = 12, sll_type = 14, sll2_header = 20, loopback_header = 4;
  switch (link_type) {
    case DLT_EN10MB:
      return ip_of_ethertype(frame, ethernet_type);
    case DLT_LINUX_SLL:
      return ip_of_ethertype(frame, sll_type);
    case DLT_LINUX_SLL2:  // begins with the type
      return frame.size() < 2 || (u16(frame, 0) != ethertype_ipv4 && u16(frame, 0) != ethertype_ipv6)
                 ? Bytes()
                 : behind(frame, sll2_header);
    case DLT_NULL:
    case DLT_LOOP:
      return behind(frame, loopback_header);
    default:
      return frame;
  }
}

PacketKind read_tcp(Bytes bytes, Packet& out) {
  constexpr std::size_t header = 20, sequence_at = 4, offset_at = 12, flags_at = 13;
  constexpr unsigned syn = 2;
  if (bytes.size() < header) return PacketKind::other;
  const std::size_t size = std::size_t{4} * (bytes[offset_at] >> 4);
  if (size < header || size > bytes.size()) return PacketKind::other;
  out.tcp = true;
  out.sequence = load_be<std::uint32_t>(bytes.subspan(sequence_at));
  out.syn = (bytes[flags_at] & syn) != 0;
  out.payload = bytes.subspan(size);
  return PacketKind::transport;
}

PacketKind read_udp(Bytes bytes, Packet& out) {
  constexpr std::size_t header = 8, length_at = 4;
  if (bytes.size() < header) return PacketKind::other;
  const std::size_t length = u16(bytes, length_at);
  if (length < header) return PacketKind::other;
  out.cut = out.cut || length > bytes.size();
  out.payload = bytes.first(std::min(length, bytes.size())).subspan(header);
  return PacketKind::transport;
}

PacketKind read_transport(std::uint8_t protocol, Bytes bytes, Packet& out) {
  if ((protocol != protocol_tcp && protocol != protocol_udp) || bytes.size() < 4) return PacketKind::other;
  out.source.port = u16(bytes, 0);
  out.destination.port = u16(bytes, 2);
  return protocol == protocol_tcp ? read_tcp(bytes, out) : read_udp(bytes, out);
}

PacketKind read_ipv4(Bytes bytes, Packet& out) {
  constexpr std::size_t header = 20, fragment_at = 6, protocol_at = 9, source_at = 12, destination_at = 16;
  constexpr std::uint16_t fragment_mask = 0x3fff;  // offset, and that more follow
  if (bytes.size() < header) return PacketKind::other;
  const std::size_t size = std::size_t{4} * (bytes[0] & 0x0f), total = u16(bytes, 2);
  // 0: the network card cuts the segment later.
  const std::size_t length = total == 0 ? bytes.size() : total;
  if (size < header || size > bytes.size() || length < size) return PacketKind::other;
  if ((u16(bytes, fragment_at) & fragment_mask) != 0) return PacketKind::fragment;
  out.source = endpoint(bytes.subspan(source_at, 4));
  out.destination = endpoint(bytes.subspan(destination_at, 4));
  out.cut = length > bytes.size();
  return read_transport(bytes[protocol_at], bytes.first(std::min(length, bytes.size())).subspan(size), out);
}

PacketKind read_ipv6(Bytes bytes, Packet& out) {
  constexpr std::size_t header = 40, next_at = 6, source_at = 8, destination_at = 24, address = 16;
  constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment = 44, destination_options = 60;
  constexpr int most_extensions = 8;
  if (bytes.size() < header) return PacketKind::other;
  const std::size_t length = u16(bytes, 4);
  out.source = endpoint(bytes.subspan(source_at, address));
  out.destination = endpoint(bytes.subspan(destination_at, address));
  std::uint8_t next = bytes[next_at];
  Bytes rest = bytes.subspan(header);
  out.cut = length > rest.size();
  if (length != 0) rest = rest.first(std::min(length, rest.size()));
  for (int i = 0; i < most_extensions; ++i) {
    if (next == fragment) return PacketKind::fragment;
    if (next != hop_by_hop && next != routing && next != destination_options) break;
    if (rest.size() < 2) return PacketKind::other;
    next = rest[0];
    rest = behind(rest, std::size_t{8} * (rest[1] + 1U));
  }
  return read_transport(next, rest, out);
}

}  // namespace

std::string Endpoint::to_string() const {
  const std::string text = ip_address(Bytes(address).first(size));
  return size == 4 ? fmt::format("{}:{}", text, port) : fmt::format("[{}]:{}", text, port);
}

bool is_known_link(int link_type) {
  switch (link_type) {
    case DLT_EN10MB:
    case DLT_LINUX_SLL:
    case DLT_LINUX_SLL2:
    case DLT_NULL:
    case DLT_LOOP:
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return true;
    default:
      return false;
  }
}

PacketKind read_packet(int link_type, Bytes frame, Packet& out) {
  out = Packet();
  const Bytes ip = ip_of(link_type, frame);
  if (ip.empty()) return PacketKind::other;
  constexpr unsigned version_4 = 4, version_6 = 6;
  if (ip[0] >> 4 == version_4) return read_ipv4(ip, out);
  return ip[0] >> 4 == version_6 ? read_ipv6(ip, out) : PacketKind::other;
}

}  // namespace ferryman::decode
