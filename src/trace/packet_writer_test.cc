#include "trace/packet_writer.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

#include "base/endian.h"

namespace ferryman::trace {
namespace {

using std::chrono::microseconds;

Endpoint at(const char* address, std::uint16_t port) {
  return {boost::asio::ip::make_address(address), port};
}

// RFC 1071: with the checksum among them the octets' sum is all ones.
bool sums_up(std::uint64_t sum, Bytes octets) {
  for (; octets.size() >= 2; octets = octets.subspan(2)) sum += load_be<std::uint16_t>(octets);
  if (!octets.empty()) sum += octets[0] << 8;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

struct Seen {
  bool v6 = false;
  std::uint8_t protocol = 0;
  Bytes transport;
};

// Holds the lengths and checksums against each other.
Seen look(Bytes packet) {
  Seen seen;
  seen.v6 = packet[0] >> 4 == 6;
  const std::size_t header = seen.v6 ? 40 : 20;
  seen.protocol = packet[seen.v6 ? 6 : 9];
  seen.transport = packet.subspan(header);
  if (!seen.v6) {
    EXPECT_TRUE(sums_up(0, packet.first(header)));
    EXPECT_EQ(load_be<std::uint16_t>(packet.subspan(2)), packet.size());
  } else {
    EXPECT_EQ(load_be<std::uint16_t>(packet.subspan(4)), seen.transport.size());
  }
  const Bytes addresses = packet.subspan(seen.v6 ? 8 : 12, seen.v6 ? 32 : 8);
  std::uint64_t pseudo = seen.protocol + seen.transport.size();
  for (std::size_t i = 0; i < addresses.size(); i += 2)
    pseudo += load_be<std::uint16_t>(addresses.subspan(i));
  EXPECT_TRUE(sums_up(pseudo, seen.transport));
  return seen;
}

TEST(Packet, HasRightChecksumsInBothFamilies) {
  for (const std::size_t size : {0, 1, 2, 1001, 30'000}) {
    const Octets payload(size, 0xab);
    for (const char* other : {"192.0.2.9", "2001:db8::9"}) {
      const Endpoint from = at("192.0.2.1", 50'000), to = at(other, 88);
      const Seen tcp = look(tcp_packet(from, to, {7, 9, tcp_flag::ack, payload}));
      EXPECT_EQ(tcp.v6, to.address().is_v6());
      EXPECT_EQ(tcp.protocol, 6);
      EXPECT_EQ(tcp.transport.size(), 20 + size);
      EXPECT_EQ(look(udp_packet(from, to, payload)).protocol, 17);
    }
  }
}

// The packets of a capture, with what their blocks say held against each other.
struct Captured {
  std::uint64_t time = 0;
  Octets packet;
};
std::vector<Captured> packets_of(const std::string& capture) {
  std::vector<Captured> found;
  Bytes rest = as_bytes(capture);
  while (!rest.empty()) {
    const auto type = load_le<std::uint32_t>(rest), size = load_le<std::uint32_t>(rest.subspan(4));
    EXPECT_EQ(size % 4, 0U);
    EXPECT_EQ(load_le<std::uint32_t>(rest.subspan(size - 4)), size);
    if (type == 6) {
      const std::uint64_t high = load_le<std::uint32_t>(rest.subspan(12));
      const auto length = load_le<std::uint32_t>(rest.subspan(20));
      const Bytes packet = rest.subspan(28, length);
      found.push_back(
          {high << 32 | load_le<std::uint32_t>(rest.subspan(16)), {packet.begin(), packet.end()}});
    }
    rest = rest.subspan(size);
  }
  return found;
}

Exchange::Side side(const Endpoint& from, const Endpoint& to, Bytes request, Bytes reply) {
  Exchange::Side made;
  made.from = from;
  made.to = to;
  made.request = request;
  made.reply = reply;
  made.asked = microseconds(1'000'000);
  made.answered = microseconds(1'500'000);
  return made;
}

// What went up a TCP stream, by its sequence numbers, which must leave no gap and repeat nothing.
std::string stream_up(const std::vector<Captured>& packets, std::uint16_t port) {
  std::string octets;
  std::uint32_t next = 0;
  for (const Captured& one : packets) {
    const Bytes tcp = look(one.packet).transport;
    if (load_be<std::uint16_t>(tcp.subspan(2)) != port) continue;
    const auto sequence = load_be<std::uint32_t>(tcp.subspan(4));
    if ((tcp[13] & tcp_flag::syn) != 0) {
      EXPECT_TRUE(octets.empty());
      next = sequence + 1;
      continue;
    }
    EXPECT_EQ(sequence, next);
    octets += as_text(tcp.subspan(20));
    next += static_cast<std::uint32_t>(tcp.size() - 20);
  }
  return octets;
}

TEST(PacketWriter, ContinuesTheStreamOfAClient) {
  Pcapng out("test");
  PacketWriter writer(out);
  const Octets large(100'000, 'x');
  const std::vector<Bytes> requests{as_bytes("one"), large, as_bytes("three")};
  std::string expected;
  for (const Bytes request : requests) {
    writer.write(
        {side(at("192.0.2.1", 50'000), at("192.0.2.9", 88), request, as_bytes("reply")), std::nullopt});
    std::array<std::uint8_t, 4> length{};
    store_be(std::span<std::uint8_t>(length), static_cast<std::uint32_t>(request.size()));
    expected += std::string(as_text(length)) + std::string(as_text(request));
  }
  const auto packets = packets_of(out.take());
  EXPECT_EQ(stream_up(packets, 88), expected);
}

TEST(PacketWriter, PutsTheKdcsSideBetweenTheClients) {
  Pcapng out("test");
  PacketWriter writer(out);
  Exchange exchange{side(at("2001:db8::1", 50'000), at("2001:db8::9", 88), as_bytes("q"), as_bytes("a")), {}};
  exchange.kdc = side(at("192.0.2.9", 0), at("192.0.2.88", 88), as_bytes("q"), as_bytes("a"));
  exchange.kdc->udp = true;
  writer.write(exchange);
  std::string protocols;
  for (const Captured& one : packets_of(out.take())) protocols += look(one.packet).protocol == 17 ? 'u' : 't';
  EXPECT_EQ(protocols, "tttttuutt");  // opened, asked, acknowledged; the KDC's two; answered, acknowledged
}

TEST(PacketWriter, WritesNothingWithoutARequest) {
  Pcapng out("test");
  PacketWriter writer(out);
  (void)out.take();
  writer.write({side(at("192.0.2.1", 1), at("192.0.2.9", 88), {}, {}), std::nullopt});
  EXPECT_EQ(out.take(), "");
}

}  // namespace
}  // namespace ferryman::trace
