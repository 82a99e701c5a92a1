#include "decode/tcp_stream.h"

#include <algorithm>
#include <utility>

namespace ferryman::decode {

bool TcpStream::add(std::uint32_t sequence, bool syn, Bytes payload) {
  const std::uint32_t first = sequence + (syn ? 1 : 0);
  if (!begun_) {
    begun_ = true;
    base_ = next_ = first;
  }
  const auto ahead = static_cast<std::int32_t>(first - next_);
  if (ahead > static_cast<std::int32_t>(window) || ahead < -static_cast<std::int32_t>(window)) return false;
  if (payload.empty()) return true;
  if (ahead <= 0) {
    const auto known = static_cast<std::size_t>(-static_cast<std::int64_t>(ahead));
    if (known >= payload.size()) return true;
    append(payload.subspan(known));
    take_waiting();
    return true;
  }
  auto& waiting = waiting_[first - base_];
  if (waiting.size() < payload.size()) waiting.assign(payload.begin(), payload.end());
  return true;
}

void TcpStream::append(Bytes octets) {
  ready_.insert(ready_.end(), octets.begin(), octets.end());
  next_ += static_cast<std::uint32_t>(octets.size());
}

void TcpStream::take_waiting() {
  while (!waiting_.empty()) {
    const auto first = waiting_.begin();
    const std::uint32_t at = next_ - base_;
    if (first->first > at) return;
    const auto payload = std::move(first->second);
    const std::size_t known = at - first->first;
    waiting_.erase(first);
    if (known < payload.size()) append(Bytes(payload).subspan(known));
  }
}

void TcpStream::consume(std::size_t octets) {
  consumed_ += octets;
  if (consumed_ * 2 < ready_.size()) return;
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(consumed_));
  consumed_ = 0;
}

std::uint32_t TcpStream::gap() const {
  return waiting_.empty() ? 0 : waiting_.begin()->first - (next_ - base_);
}

void TcpStream::skip_gap() {
  if (waiting_.empty()) return;
  ready_.clear();
  consumed_ = 0;
  next_ = base_ + waiting_.begin()->first;
  take_waiting();
}

}  // namespace ferryman::decode
