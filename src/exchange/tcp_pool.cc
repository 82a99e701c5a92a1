#include "exchange/tcp_pool.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace ferryman::exchange {
namespace {

// Neither closed by the KDC nor holding octets that nobody asked for.
bool is_quiet(TcpPool::Socket& socket) {
  char octet;
  return ::recv(socket.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace

void TcpPool::set_limits(std::size_t max_idle, std::chrono::milliseconds idle_timeout) {
  max_idle_ = max_idle;
  idle_timeout_ = idle_timeout;
}

TcpPool::SocketPtr TcpPool::take(const KdcKey& key, KdcRecord& record) {
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  SocketPtr taken;
  while (!taken && !found->second.empty()) {
    SocketPtr socket = std::move(found->second.back().socket);
    found->second.pop_back();
    if (is_quiet(*socket)) {
      record.keeps_open = true;
      taken = std::move(socket);
    } else {
      // Closed since: by a KDC that always does, or after its own idle time. It is tried again at the next
      // answer, which costs one descriptor for a moment.
      record.keeps_open = false;
    }
  }
  return taken;  // an empty queue stays until the next sweep: it is likely to be filled again
}

void TcpPool::put(const KdcKey& key, SocketPtr socket) {
  if (max_idle_ == 0) return;
  auto& idle = idle_[key];
  while (idle.size() >= max_idle_) idle.pop_front();
  idle.push_back({std::move(socket), Clock::now()});
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
    std::erase_if(queue,
                  [&](Idle& idle) { return now - idle.since >= idle_timeout_ || !is_quiet(*idle.socket); });
    entry = queue.empty() ? idle_.erase(entry) : std::next(entry);
  }
}

}  // namespace ferryman::exchange
