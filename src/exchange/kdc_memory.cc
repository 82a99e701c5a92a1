#include "exchange/kdc_memory.h"

#include <algorithm>
#include <limits>

namespace ferryman::exchange {

void KdcRecord::note_reply_size(kerberos::RequestKind kind, std::size_t octets) {
  std::size_t& largest = largest_reply[static_cast<std::size_t>(kind)];
  largest = std::max(largest, octets);
}

void KdcRecord::note_too_big(kerberos::RequestKind kind) {
  note_reply_size(kind, std::numeric_limits<std::size_t>::max());
}

bool KdcRecord::replies_fit(kerberos::RequestKind kind, std::size_t max_octets) const {
  const std::size_t largest = largest_reply[static_cast<std::size_t>(kind)];
  return largest > 0 && largest <= max_octets;
}

const KdcRecordPtr& KdcMemory::of(const KdcKey& key) {
  const auto found = records_.find(key);
  if (found != records_.end()) return found->second;
  if (records_.size() >= max_kdcs) records_.clear();
  return records_[key] = std::make_shared<KdcRecord>();
}

}  // namespace ferryman::exchange
