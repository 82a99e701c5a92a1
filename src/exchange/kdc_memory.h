#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "kerberos/request.h"
#include "locate/kdc.h"

namespace ferryman::exchange {

using KdcKey = std::pair<boost::asio::ip::address, std::uint16_t>;

inline KdcKey key_of(const locate::Kdc& kdc) {
  return {kdc.address, kdc.port};
}

// What earlier exchanges showed of each KDC. Bounded; what is forgotten is learned again.
class KdcMemory {
 public:
  using Clock = std::chrono::steady_clock;

  // Refused, closed, silent or talking nonsense: for a while others are asked first.
  void note_failure(const KdcKey& key, Clock::time_point now);
  void note_success(const KdcKey& key);
  bool failed_lately(const KdcKey& key, Clock::time_point now) const;

  // The size of an answer to that kind of request; RESPONSE_TOO_BIG counts as larger than any.
  void note_reply_size(const KdcKey& key, kerberos::RequestKind kind, std::size_t octets);
  void note_too_big(const KdcKey& key, kerberos::RequestKind kind);
  // All answers of that kind so far fitted into max_octets, and there was one.
  bool replies_fit(const KdcKey& key, kerberos::RequestKind kind, std::size_t max_octets) const;

  // Whether that KDC leaves its TCP connections open after an answer.
  void note_keeps_open(const KdcKey& key, bool keeps);
  bool keeps_open(const KdcKey& key) const;

 private:
  static constexpr std::size_t max_kdcs = 4096;
  static constexpr std::chrono::seconds failure_time{30};

  struct Entry {
    Clock::time_point failed_at{};
    bool failed = false;
    bool keeps_open = true;  // until it is seen to close
    std::array<std::size_t, 3> largest_reply{};
  };
  Entry& entry(const KdcKey& key);
  const Entry* find(const KdcKey& key) const;

  std::map<KdcKey, Entry> entries_;
};

}  // namespace ferryman::exchange
