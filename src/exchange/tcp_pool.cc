#include "exchange/tcp_pool.h"

#include <utility>

namespace ferryman::exchange {

void TcpPool::set_limits(std::size_t max_idle, std::chrono::milliseconds idle_timeout) {
  max_idle_ = max_idle;
  idle_timeout_ = idle_timeout;
}

TcpPool::SocketPtr TcpPool::take(const KdcKey& key, KdcRecord& record, Clock::time_point now) {
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  while (!found->second.empty()) {
    SocketPtr pooled = std::move(found->second.back());
    found->second.pop_back();
    if (pooled->is_quiet()) {
      if (pooled->born >= record.tcp().sockets_since) return pooled;
      continue;
    }
    note_closed(*pooled, pooled->disturbed().value_or(now), record);
  }
  return nullptr;  // an empty queue stays until the next sweep: it is likely to be filled again
}

void TcpPool::note_closed(const PooledSocket& pooled, Clock::time_point at, KdcRecord& record) {
  if (at - pooled.rests_since < soon) record.keep_again = at + a_while;
}

TcpPool::SocketPtr TcpPool::make(const boost::asio::ip::tcp& protocol, Clock::time_point now,
                                 boost::system::error_code& error) {
  PooledSocket::Socket socket(io_);
  socket.open_new(protocol, error);
  return error ? nullptr : PooledSocket::make(std::move(socket), now);
}

void TcpPool::put(const KdcKey& key, SocketPtr pooled, Clock::time_point now) {
  if (max_idle_ == 0) return;
  auto& idle = idle_[key];
  while (idle.size() >= max_idle_) idle.pop_front();
  pooled->rest(now);
  idle.push_back(std::move(pooled));
  if (!scheduled_) schedule();
}

void TcpPool::schedule() {
  scheduled_ = true;
  sweeper_.expires_after(idle_timeout_ / 4);
  sweeper_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    scheduled_ = false;
    sweep();
    if (!idle_.empty()) schedule();
  });
}

void TcpPool::sweep() {
  const auto now = Clock::now();
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    auto& queue = entry->second;
    std::erase_if(queue, [&](const SocketPtr& pooled) {
      return now - pooled->rests_since >= idle_timeout_ || !pooled->is_quiet();
    });
    entry = queue.empty() ? idle_.erase(entry) : std::next(entry);
  }
}

}  // namespace ferryman::exchange
