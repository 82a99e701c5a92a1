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
#include "decode/node.h"
#include "decode/stream_messages.h"
#include "decode/tcp_stream.h"

namespace ferryman::decode {
namespace {

struct ClosePcap {
  void operator()(pcap_t* pcap) const { pcap_close(pcap); }
};
using Pcap = std::unique_ptr<pcap_t, ClosePcap>;

bool contains(const std::vector<std::uint16_t>& ports, const Packet& packet) {
  return std::any_of(ports.begin(), ports.end(), [&](std::uint16_t port) {
    return port == packet.source.port || port == packet.destination.port;
  });
}

// One direction of a connection.
struct Flow {
  TcpStream stream;
  bool http = false;
  bool given_up = false;
  std::size_t look_at = 0;            // octets in order from which on it is worth while
  std::chrono::microseconds time{0};  // of its last packet
};

class Capture {
 public:
  Capture(const CaptureOptions& options, const std::function<void(const CapturedMessage&)>& on_message)
      : options_(options), on_message_(on_message) {}

  tl::expected<void, std::string> read(Bytes capture);

 private:
  using Key = std::pair<Endpoint, Endpoint>;

  void take(std::chrono::microseconds time, const Packet& packet);
  void take_segment(std::chrono::microseconds time, const Packet& packet);
  void take_messages(const Key& key, Flow& flow);
  // What still waits when nothing more comes.
  void finish(const Key& key, Flow& flow);
  void tell(const std::string& note);

  const CaptureOptions& options_;
  const std::function<void(const CapturedMessage&)>& on_message_;
  std::map<Key, Flow> flows_;
  std::size_t fragments_ = 0;
};

tl::expected<void, std::string> Capture::read(Bytes capture) {
  constexpr std::int64_t per_second = 1'000'000;
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
    take(std::chrono::microseconds(header->ts.tv_sec * per_second + header->ts.tv_usec), packet);
  }
  for (auto& [key, flow] : flows_) finish(key, flow);
  if (fragments_ != 0) tell(fmt::format("{} IP fragments are not put together", fragments_));
  if (result == PCAP_ERROR) return tl::unexpected(printable(pcap_geterr(pcap.get())));
  return {};
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
  const Key key{packet.source, packet.destination};
  const auto old = flows_.find(key);
  if (packet.syn && old != flows_.end() && !old->second.stream.begins_behind(packet.sequence)) {
    finish(key, old->second);  // the ports are used again
    flows_.erase(old);
  }
  Flow& flow = flows_[key];
  flow.http = http;
  flow.time = time;
  if (flow.given_up) return;
  if (!flow.stream.add(packet.sequence, packet.syn, packet.payload)) return;
  // What is incomplete is looked at again when it has grown: else many small segments cost its square.
  constexpr std::size_t small = 4096, part = 16;
  const std::size_t size = flow.stream.ready().size();
  if (packet.payload.empty() || size < flow.look_at) return;
  take_messages(key, flow);
  const std::size_t left = flow.stream.ready().size();
  flow.look_at = flow.http && left > small ? left + left / part : 0;
}

void Capture::take_messages(const Key& key, Flow& flow) {
  const OnMessage on_message = [&](Bytes bytes, std::string note) {
    on_message_({flow.time, key.first, key.second, flow.http ? "HTTP" : "TCP", bytes, std::move(note)});
  };
  flow.given_up = !(flow.http ? take_http : take_framed)(flow.stream, on_message);
}

void Capture::finish(const Key& key, Flow& flow) {
  const auto note = [&](std::string text) {
    on_message_({flow.time, key.first, key.second, flow.http ? "HTTP" : "TCP", {}, std::move(text)});
  };
  if (!flow.given_up && !flow.stream.ready().empty()) take_messages(key, flow);
  while (!flow.given_up && flow.stream.gap() != 0) {
    note(fmt::format("{} octets of the stream are missing", flow.stream.gap()));
    flow.stream.skip_gap();
    take_messages(key, flow);
  }
  const std::size_t left = flow.stream.ready().size();
  if (!flow.given_up && left != 0 && !flow.http)
    note(fmt::format("the stream ends inside a message, after {} octets of it", left));
}

}  // namespace

tl::expected<void, std::string> read_capture(Bytes capture, const CaptureOptions& options,
                                             const std::function<void(const CapturedMessage&)>& on_message) {
  if (capture.empty()) return tl::unexpected(std::string("it is empty"));
  return Capture(options, on_message).read(capture);
}

}  // namespace ferryman::decode
