#include "exchange/kdc_memory.h"

#include <algorithm>
#include <limits>

namespace ferryman::exchange {

KdcRecord& KdcMemory::operator[](const KdcKey& key) {
  if (records_.size() >= max_kdcs && !records_.contains(key)) records_.clear();
  return records_[key];
}

const KdcRecord* KdcMemory::find(const KdcKey& key) const {
  const auto found = records_.find(key);
  return found == records_.end() ? nullptr : &found->second;
}

void KdcMemory::note_reply_size(const KdcKey& key, kerberos::RequestKind kind, std::size_t octets) {
  std::size_t& largest = (*this)[key].largest_reply[static_cast<std::size_t>(kind)];
  largest = std::max(largest, octets);
}

void KdcMemory::note_too_big(const KdcKey& key, kerberos::RequestKind kind) {
  note_reply_size(key, kind, std::numeric_limits<std::size_t>::max());
}

bool KdcMemory::replies_fit(const KdcKey& key, kerberos::RequestKind kind, std::size_t max_octets) const {
  const KdcRecord* noted = find(key);
  if (noted == nullptr) return false;
  const std::size_t largest = noted->largest_reply[static_cast<std::size_t>(kind)];
  return largest > 0 && largest <= max_octets;
}

void KdcMemory::note_keeps_open(const KdcKey& key, bool keeps) {
  (*this)[key].keeps_open = keeps;
}

bool KdcMemory::keeps_open(const KdcKey& key) const {
  const KdcRecord* noted = find(key);
  return noted == nullptr || noted->keeps_open;
}

}  // namespace ferryman::exchange
