#include "trace/packet_writer.h"

#include <algorithm>
#include <array>

#include "base/endian.h"

namespace ferryman::trace {
namespace {

using namespace tcp_flag;

constexpr std::size_t most_streams = 1 << 16;                   // then all begin anew
constexpr std::uint16_t first_port = 1024, last_port = 32'767;  // below those that systems give to clients
constexpr std::uint32_t sequence_step =
    0x10000000;  // far enough that no connection is taken for another's rest

}  // namespace

void PacketWriter::write(const Exchange& exchange) {
  const Exchange::Side& client = exchange.client;
  if (client.request.empty()) return;
  const Direction way{client.from, client.to};
  Stream* const stream = client.udp ? nullptr : &stream_of(way);
  if (stream != nullptr && !stream->open) open(*stream, way, client.asked);
  message(stream, way, true, client.request, client.asked, client.comment);
  if (exchange.kdc) write_kdc(*exchange.kdc);
  message(stream, way, false, client.reply, client.answered, client.comment);
}

void PacketWriter::write_kdc(const Exchange::Side& side) {
  next_port_ = next_port_ < last_port ? static_cast<std::uint16_t>(next_port_ + 1) : first_port;
  const Direction way{{side.from.address(), next_port_}, side.to};
  if (side.udp) {
    message(nullptr, way, true, side.request, side.asked, side.comment);
    message(nullptr, way, false, side.reply, side.answered, side.comment);
    return;
  }
  Stream stream;
  open(stream, way, side.asked);
  message(&stream, way, true, side.request, side.asked, side.comment);
  message(&stream, way, false, side.reply, side.answered, side.comment);
  close(stream, way, side.answered);
}

PacketWriter::Stream& PacketWriter::stream_of(const Direction& way) {
  if (streams_.size() >= most_streams) streams_.clear();
  return streams_[{way.from, way.to}];
}

void PacketWriter::open(Stream& stream, const Direction& way, Time time) {
  stream.client = next_sequence_ += sequence_step;
  stream.server = next_sequence_ += sequence_step;
  // The first has nothing to acknowledge.
  const TcpSegment first{stream.client++, 0, syn, {}};
  out_.packet(time, tcp_packet(way.from, way.to, first), {});
  segment(stream, way, false, syn | ack, {}, time);
  ++stream.server;
  segment(stream, way, true, ack, {}, time);
  stream.open = true;
}

void PacketWriter::close(Stream& stream, const Direction& way, Time time) {
  segment(stream, way, true, fin | ack, {}, time);
  ++stream.client;
  segment(stream, way, false, fin | ack, {}, time);
  ++stream.server;
  segment(stream, way, true, ack, {}, time);
}

// A segment's receiver acknowledges it at once, so that no window is ever full.
void PacketWriter::message(Stream* stream, const Direction& way, bool up, Bytes message, Time time,
                           std::string_view comment) {
  if (message.empty()) return;
  if (stream == nullptr) {
    if (message.size() > max_datagram) return;
    const Octets packet = up ? udp_packet(way.from, way.to, message) : udp_packet(way.to, way.from, message);
    return out_.packet(time, packet, comment);
  }
  std::array<std::uint8_t, sizeof(std::uint32_t)> size{};
  store_be(std::span(size), static_cast<std::uint32_t>(message.size()));
  Octets framed(size.begin(), size.end());
  framed.insert(framed.end(), message.begin(), message.end());
  for (Bytes rest = framed; !rest.empty();) {
    const Bytes part = rest.first(std::min(rest.size(), max_segment));
    rest = rest.subspan(part.size());
    segment(*stream, way, up, rest.empty() ? psh | ack : ack, part, time, comment);
    (up ? stream->client : stream->server) += static_cast<std::uint32_t>(part.size());
    segment(*stream, way, !up, ack, {}, time);
  }
}

void PacketWriter::segment(const Stream& stream, const Direction& way, bool up, std::uint8_t flags,
                           Bytes payload, Time time, std::string_view comment) {
  const TcpSegment made{up ? stream.client : stream.server, up ? stream.server : stream.client, flags,
                        payload};
  out_.packet(time, up ? tcp_packet(way.from, way.to, made) : tcp_packet(way.to, way.from, made), comment);
}

}  // namespace ferryman::trace
