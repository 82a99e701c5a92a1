#include "client/http_connections.h"

#include <sys/epoll.h>

#include <new>

namespace ferryman::client {
namespace {

constexpr long max_kept_connections = 16;

}  // namespace

HttpConnections::HttpConnections(Loop& loop) : loop_(loop), multi_(curl_multi_init()) {
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, max_kept_connections);
}

HttpConnections::~HttpConnections() {
  curl_multi_cleanup(multi_);
}

void HttpConnections::add(CURL* easy, Listener& listener) {
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &listener);
  curl_multi_add_handle(multi_, easy);
}

void HttpConnections::remove(CURL* easy) {
  curl_multi_remove_handle(multi_, easy);
}

int HttpConnections::on_socket(CURL*, curl_socket_t descriptor, int what, void* self, void*) {
  auto& connections = *static_cast<HttpConnections*>(self);
  connections.watches_.erase(descriptor);
  if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE) return 0;
  const std::uint32_t events =
      ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  connections.watches_[descriptor] =
      connections.loop_.watch(descriptor, events, [&connections, descriptor](std::uint32_t ready) {
        connections.act(descriptor, ((ready & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                                        ((ready & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                                        ((ready & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0));
      });
  return 0;
}

int HttpConnections::on_timer(CURLM*, long milliseconds, void* self) {
  auto& connections = *static_cast<HttpConnections*>(self);
  connections.timer_.reset();
  if (milliseconds < 0) return 0;
  connections.timer_ = connections.loop_.at(Clock::now() + std::chrono::milliseconds(milliseconds),
                                            [&connections] { connections.act(CURL_SOCKET_TIMEOUT, 0); });
  return 0;
}

// A listener may start or remove other transfers, so that a message must not be looked at after it, and it
// may let go of these connections.
void HttpConnections::act(curl_socket_t descriptor, int events) {
  const auto self = shared_from_this();
  int running = 0, left = 0;
  curl_multi_socket_action(multi_, descriptor, events, &running);
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* listener = nullptr;
    const CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &listener);
    reinterpret_cast<Listener*>(listener)->on_end(code);
  }
}

}  // namespace ferryman::client
