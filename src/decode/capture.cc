#include "decode/capture.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

#include "base/text.h"
#include "decode/connection.h"

namespace ferryman::decode {
namespace {

struct ClosePcap {
  void operator()(pcap_t* pcap) const { pcap_close(pcap); }
};
using Pcap = std::unique_ptr<pcap_t, ClosePcap>;

// Since 1970. A capture may say any time: one behind the year 9999 is none.
std::chrono::microseconds time_of(const timeval& time) {
  constexpr std::int64_t per_second = 1'000'000, end = 253'402'300'800;
  if (time.tv_sec < 0 || time.tv_sec >= end) return {};
  return std::chrono::microseconds(time.tv_sec * per_second + time.tv_usec);
}

bool contains(const std::vector<std::uint16_t>& ports, const Packet& packet) {
  return std::any_of(ports.begin(), ports.end(), [&](std::uint16_t port) {
    return port == packet.source.port || port == packet.destination.port;
  });
}

class Capture {
 public:
  Capture(const CaptureOptions& options, TlsKeyLog keys,
          const std::function<void(const CapturedMessage&)>& on_message)
      : options_(options), keys_(std::move(keys)), on_message_(on_message) {}

  tl::expected<CaptureSummary, std::string> read(Bytes capture);

 private:
  using Ends = std::pair<Endpoint, Endpoint>;  // the first is that from which direction 0 comes

  void take(std::chrono::microseconds time, const Packet& packet);
  void take_segment(std::chrono::microseconds time, const Packet& packet);
  void finish(const Ends& ends, Connection& connection);
  Connection::OnMessage teller(const Ends& ends) const;
  void tell(const std::string& note);

  const CaptureOptions& options_;
  TlsKeyLog keys_;
  const std::function<void(const CapturedMessage&)>& on_message_;
  std::map<Ends, Connection> connections_;
  CaptureSummary summary_;
  std::size_t fragments_ = 0;
};

tl::expected<CaptureSummary, std::string> Capture::read(Bytes capture) {
  add_embedded_secrets(capture, keys_);
  // libpcap only reads it.
  std::FILE* file = ::fmemopen(const_cast<std::uint8_t*>(capture.data()), capture.size(), "rb");
  if (file == nullptr) return tl::unexpected(std::string("no capture"));
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const Pcap pcap(pcap_fopen_offline(file, error.data()));
  if (!pcap) {
    std::fclose(file);
    return tl::unexpected(printable(error.data()));
  }
  const int link = pcap_datalink(pcap.get());
  if (!is_known_link(link)) return tl::unexpected(fmt::format("link-layer type {} is not supported", link));
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(pcap.get(), &header, &data)) == 1) {
    Packet packet;
    const PacketKind kind = read_packet(link, {data, header->caplen}, packet);
    if (kind == PacketKind::fragment) ++fragments_;
    if (kind != PacketKind::transport) continue;
    take(time_of(header->ts), packet);
  }
  for (auto& [ends, connection] : connections_) finish(ends, connection);
  if (fragments_ != 0) tell(fmt::format("{} IP fragments are not put together", fragments_));
  if (result == PCAP_ERROR) return tl::unexpected(printable(pcap_geterr(pcap.get())));
  return summary_;
}

void Capture::tell(const std::string& note) {
  CapturedMessage message;
  message.transport = "IP";
  message.note = note;
  on_message_(message);
}

void Capture::take(std::chrono::microseconds time, const Packet& packet) {
  if (packet.tcp) return take_segment(time, packet);
  if (!contains(options_.ports, packet) || packet.payload.empty()) return;
  on_message_({time, packet.source, packet.destination, "UDP", packet.payload,
               packet.cut ? "the capture does not hold the whole datagram" : ""});
}

void Capture::take_segment(std::chrono::microseconds time, const Packet& packet) {
  const bool http = contains(options_.http_ports, packet);
  if (!http && !contains(options_.ports, packet)) return;
  const unsigned direction = packet.source < packet.destination ? 0 : 1;
  const Ends ends = std::minmax(packet.source, packet.destination);
  auto place = connections_.find(ends);
  if (place != connections_.end() && place->second.is_over_at(direction, packet)) {
    finish(ends, place->second);  // the ports are used again
    connections_.erase(place);
    place = connections_.end();
  }
  if (place == connections_.end()) place = connections_.try_emplace(ends, http, keys_).first;
  place->second.add(direction, time, packet, teller(ends));
}

Connection::OnMessage Capture::teller(const Ends& ends) const {
  return [this, &ends](const StreamMessage& found) {
    const auto& [first, second] = ends;
    const bool forth = found.direction == 0;
    on_message_({found.time, forth ? first : second, forth ? second : first, found.transport, found.bytes,
                 found.note});
  };
}

void Capture::finish(const Ends& ends, Connection& connection) {
  connection.finish(teller(ends));
  if (connection.is_closed()) ++summary_.closed_tls;
}

}  // namespace

tl::expected<CaptureSummary, std::string> read_capture(
    Bytes capture, const CaptureOptions& options, TlsKeyLog keys,
    const std::function<void(const CapturedMessage&)>& on_message) {
  if (capture.empty()) return tl::unexpected(std::string("it is empty"));
  return Capture(options, std::move(keys), on_message).read(capture);
}

}  // namespace ferryman::decode
