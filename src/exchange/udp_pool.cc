#include "exchange/udp_pool.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ferryman::exchange {
namespace {

using boost::asio::ip::udp;

// Nothing has come to it, neither datagrams nor errors.
bool is_quiet(UdpPool::Socket& socket) {
  char octet;
  return ::recv(socket.native_handle(), &octet, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace

UdpPool::LinePtr UdpPool::take_kept(const KdcKey& key, Clock::time_point now) {
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  auto& queue = found->second;
  while (!queue.empty() && now - queue.front()->given_back >= rest) {
    LinePtr line = std::move(queue.front());
    queue.pop_front();
    if (now - line->born < max_age && is_quiet(line->socket)) return line;
  }
  return nullptr;
}

UdpPool::Taken UdpPool::take(const KdcKey& key, bool may_be_kept, Clock::time_point now) {
  if (may_be_kept) {
    if (LinePtr line = take_kept(key, now)) return {std::move(line), true};
  }
  const udp::endpoint endpoint(key.first, key.second);
  boost::system::error_code error;
  Socket socket(io_);
  socket.open(endpoint.protocol(), error);
  if (error) return {};
  socket.connect(endpoint, error);
  if (!error) socket.non_blocking(true, error);
  if (error) return {nullptr, true};
  return {std::make_unique<Line>(std::move(socket), now), true};
}

void UdpPool::put(const KdcKey& key, LinePtr line, Clock::time_point now) {
  if (++line->uses >= max_uses || now - line->born >= max_age) return;
  Queue& queue = idle_[key];
  if (queue.capacity() == 0) queue.set_capacity(max_idle);
  if (queue.full()) return;
  line->given_back = now;
  queue.push_back(std::move(line));
  if (!scheduled_) schedule();
}

void UdpPool::schedule() {
  scheduled_ = true;
  sweeper_.expires_after(max_age / 2);
  sweeper_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    scheduled_ = false;
    sweep();
    if (!idle_.empty()) schedule();
  });
}

void UdpPool::sweep() {
  const auto now = Clock::now();
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    Queue& queue = entry->second;
    const auto old = [now](const LinePtr& line) { return now - line->born >= max_age; };
    queue.erase(std::remove_if(queue.begin(), queue.end(), old), queue.end());
    entry = queue.empty() ? idle_.erase(entry) : std::next(entry);
  }
}

}  // namespace ferryman::exchange
