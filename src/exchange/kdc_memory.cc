#include "exchange/kdc_memory.h"

#include <algorithm>
#include <limits>

namespace ferryman::exchange {

KdcMemory::Entry& KdcMemory::entry(const KdcKey& key) {
  if (entries_.size() >= max_kdcs && !entries_.contains(key)) entries_.clear();
  return entries_[key];
}

const KdcMemory::Entry* KdcMemory::find(const KdcKey& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void KdcMemory::note_failure(const KdcKey& key, Clock::time_point now) {
  Entry& noted = entry(key);
  noted.failed = true;
  noted.failed_at = now;
}

void KdcMemory::note_success(const KdcKey& key) {
  entry(key).failed = false;
}

bool KdcMemory::failed_lately(const KdcKey& key, Clock::time_point now) const {
  const Entry* noted = find(key);
  return noted != nullptr && noted->failed && now - noted->failed_at < failure_time;
}

void KdcMemory::note_reply_size(const KdcKey& key, kerberos::RequestKind kind, std::size_t octets) {
  std::size_t& largest = entry(key).largest_reply[static_cast<std::size_t>(kind)];
  largest = std::max(largest, octets);
}

void KdcMemory::note_too_big(const KdcKey& key, kerberos::RequestKind kind) {
  note_reply_size(key, kind, std::numeric_limits<std::size_t>::max());
}

bool KdcMemory::replies_fit(const KdcKey& key, kerberos::RequestKind kind, std::size_t max_octets) const {
  const Entry* noted = find(key);
  if (noted == nullptr) return false;
  const std::size_t largest = noted->largest_reply[static_cast<std::size_t>(kind)];
  return largest > 0 && largest <= max_octets;
}

void KdcMemory::note_keeps_open(const KdcKey& key, bool keeps) {
  entry(key).keeps_open = keeps;
}

bool KdcMemory::keeps_open(const KdcKey& key) const {
  const Entry* noted = find(key);
  return noted == nullptr || noted->keeps_open;
}

}  // namespace ferryman::exchange
