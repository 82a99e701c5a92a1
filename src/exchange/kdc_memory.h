#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "exchange/transport_health.h"
#include "kerberos/request.h"
#include "locate/kdc.h"

namespace ferryman::exchange {

using KdcKey = std::pair<boost::asio::ip::address, std::uint16_t>;

inline KdcKey key_of(const locate::Kdc& kdc) {
  return {kdc.address, kdc.port};
}

// What is counted of one KDC since the start.
struct KdcCounts {
  std::uint64_t requests = 0;  // attempts, whatever came of them
  std::uint64_t answers = 0, failures = 0;
  std::uint64_t hedges = 0;  // of the requests: sent while another KDC had not answered yet
};

struct KdcRecord {
  TransportHealth health;
  KdcCounts counts;
  TransportHealth::Clock::time_point planned_at{};  // when a request last had it on its list
  TransportHealth::Clock::time_point
      keep_again{};  // its TCP connections; it was seen to close one after an answer
  std::array<std::size_t, 3> largest_reply{};

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
  // That KDC's, which is new if there is none: it serves. Who holds it may note in it even when it has been
  // forgotten meanwhile.
  const KdcRecordPtr& of(const KdcKey& key);
  const std::map<KdcKey, KdcRecordPtr>& all() const { return records_; }

 private:
  static constexpr std::size_t max_kdcs = 4096;

  std::map<KdcKey, KdcRecordPtr> records_;
};

}  // namespace ferryman::exchange
