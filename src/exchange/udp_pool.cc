#include "exchange/udp_pool.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ferryman::exchange {
namespace {

using boost::asio::ip::udp;

// Closing takes longer than an exchange may be kept waiting for where thousands are too old at once.
constexpr unsigned most_looked_at = 16;
constexpr std::size_t most_swept = 128;
constexpr std::chrono::milliseconds sweep_on{10};

constexpr std::size_t first_capacity = 64;

}  // namespace

UdpPool::SocketPtr UdpPool::take_kept(const KdcKey& key, Clock::duration rested, Clock::time_point since,
                                      Clock::time_point now) {
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  auto& queue = found->second;
  for (unsigned i = 0; i < most_looked_at && !queue.empty() && now - queue.front()->rests_since >= rested;
       ++i) {
    SocketPtr pooled = std::move(queue.front());
    queue.pop_front();
    if (now - pooled->born < max_age && pooled->born >= since && pooled->is_quiet()) return pooled;
  }
  return nullptr;
}

UdpPool::Taken UdpPool::take(const KdcKey& key, Clock::duration rested, Clock::time_point since,
                             Clock::time_point now) {
  if (SocketPtr pooled = take_kept(key, rested, since, now)) return {std::move(pooled), true};
  Taken made = make(key, now);
  return made.opened || !release() ? std::move(made) : make(key, now);
}

UdpPool::Taken UdpPool::make(const KdcKey& key, Clock::time_point now) {
  const udp::endpoint endpoint(key.first, key.second);
  boost::system::error_code error;
  PooledSocket::Socket socket(io_);
  socket.open_new(endpoint.protocol(), error);
  if (error) return {nullptr, error == boost::asio::error::address_family_not_supported};
  // Not by Asio, to which EAGAIN means that it is under way: here it means that no port is free.
  const auto size = static_cast<socklen_t>(endpoint.size());
  if (::connect(socket.native_handle(), endpoint.data(), size) != 0) return {nullptr, errno != EAGAIN};
  return {PooledSocket::make(std::move(socket), now), true};
}

void UdpPool::put(const KdcKey& key, SocketPtr pooled, Clock::time_point now) {
  if (++pooled->uses >= max_uses || now - pooled->born >= max_age) return;
  Queue& queue = idle_[key];
  if (queue.full()) {
    if (queue.capacity() >= max_idle_) return;
    queue.set_capacity(std::min(max_idle_, std::max(first_capacity, 2 * queue.capacity())));
  }
  pooled->rest(now);
  queue.push_back(std::move(pooled));
  if (!scheduled_) schedule(max_age / 2);
}

bool UdpPool::release() {
  const bool any = !idle_.empty();
  idle_.clear();
  return any;
}

void UdpPool::schedule(std::chrono::milliseconds after) {
  scheduled_ = true;
  sweeper_.expires_after(after);
  sweeper_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    scheduled_ = false;
    const bool all = sweep();
    if (!idle_.empty()) schedule(all ? max_age / 2 : sweep_on);
  });
}

// False where more are too old than are closed at once.
bool UdpPool::sweep() {
  const auto now = Clock::now();
  std::size_t left = most_swept;
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    Queue& queue = entry->second;
    const auto close = [&](const SocketPtr& pooled) {
      if (left == 0 || now - pooled->born < max_age) return false;
      --left;
      return true;
    };
    queue.erase(std::remove_if(queue.begin(), queue.end(), close), queue.end());
    entry = queue.empty() ? idle_.erase(entry) : std::next(entry);
  }
  return left > 0;
}

}  // namespace ferryman::exchange
