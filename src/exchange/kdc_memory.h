#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "discovery/kdc.h"
#include "exchange/transport_health.h"
#include "kerberos/request.h"

namespace ferryman::exchange {

using KdcKey = std::pair<boost::asio::ip::address, std::uint16_t>;

inline KdcKey key_of(const discovery::Kdc& kdc) {
  return {kdc.address, kdc.port};
}

// What is counted of one transport of one KDC since the start.
struct TransportCounts {
  std::uint64_t requests = 0;  // attempts, whatever came of them
  std::uint64_t answers = 0, failures = 0;
  std::uint64_t hedges = 0;  // of the requests: sent while another KDC had not answered yet
};

// One transport of one KDC. Each is judged by itself: a firewall may drop one of the two.
struct TransportRecord {
  TransportHealth health;
  TransportCounts counts;
  bool told_dead = false;  // that it is set aside has been told
  // Kept sockets that are older have led into silence: a NAT, a firewall or a balancer has forgotten them.
  TransportHealth::Clock::time_point sockets_since{};
};

struct KdcRecord {
  std::array<TransportRecord, 2> transports;
  TransportHealth::Clock::time_point planned_at{};  // when a request last had it on its list
  TransportHealth::Clock::time_point
      keep_again{};  // TCP connections; it was seen to close one after an answer
  std::array<std::size_t, 3> largest_reply{};

  // udp or tcp.
  TransportRecord& of(discovery::Transport transport) {
    return transports[transport == discovery::Transport::udp ? 0 : 1];
  }
  TransportRecord& udp() { return transports[0]; }
  TransportRecord& tcp() { return transports[1]; }

  bool may_keep(TransportHealth::Clock::time_point now) const { return now >= keep_again; }
  // The size of an answer to that kind of request; RESPONSE_TOO_BIG counts as larger than any.
  void note_reply_size(kerberos::RequestKind kind, std::size_t octets);
  void note_too_big(kerberos::RequestKind kind);
  // All answers of that kind so far fitted into max_octets, and there was one.
  bool replies_fit(kerberos::RequestKind kind, std::size_t max_octets) const;
};

using KdcRecordPtr = std::shared_ptr<KdcRecord>;

// What earlier exchanges showed of each KDC. Bounded; what is forgotten is learned again.
class KdcMemory {
 public:
  // That KDC's, which is new if there is none. Who holds it may note in it even when it has been forgotten
  // meanwhile.
  const KdcRecordPtr& of(const KdcKey& key);
  const std::map<KdcKey, KdcRecordPtr>& all() const { return records_; }

 private:
  static constexpr std::size_t max_kdcs = 4096;

  std::map<KdcKey, KdcRecordPtr> records_;
};

}  // namespace ferryman::exchange
