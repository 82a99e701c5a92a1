#include "ad/handshake_limit.h"

#include <sys/socket.h>

#include <system_error>

namespace ferryman::ad {

HandshakeLimit::HandshakeLimit(LDAP* handle, std::chrono::seconds time)
    : handle_(handle), time_(time), callbacks_{on_connected, on_closed, this} {
  ldap_set_option(handle_, LDAP_OPT_CONNECT_CB, &callbacks_);
}

HandshakeLimit::~HandshakeLimit() {
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
  }
  ended_.notify_one();
  if (thread_.joinable()) thread_.join();
  ldap_get_option(handle_, LDAP_OPT_CONNECT_CB, &callbacks_);  // which takes it away
}

bool HandshakeLimit::has_passed() const {
  const std::lock_guard lock(mutex_);
  return has_passed_;
}

// Between TCP's connection, whose time libldap limits well, and TLS.
int HandshakeLimit::on_connected(LDAP* handle, Sockbuf* socket, LDAPURLDesc*, sockaddr*,
                                 ldap_conncb* callbacks) {
  auto& self = *static_cast<HandshakeLimit*>(callbacks->lc_arg);
  const timeval none{-1, 0};
  ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &none);
  ber_socket_t descriptor = -1;
  if (ber_sockbuf_ctrl(socket, LBER_SB_OPT_GET_FD, &descriptor) != 1 || self.thread_.joinable())
    return LDAP_SUCCESS;
  return self.start(descriptor) ? LDAP_SUCCESS : LDAP_SERVER_DOWN;
}

// No exception gets through libldap. To it every other code but LDAP_SERVER_DOWN is a connection.
bool HandshakeLimit::start(int descriptor) {
  try {
    thread_ = std::thread(&HandshakeLimit::wait, this, descriptor);
    has_failed_ = false;
  } catch (const std::system_error&) {
    has_failed_ = true;
  }
  return !has_failed_;
}

void HandshakeLimit::wait(int descriptor) {
  std::unique_lock lock(mutex_);
  if (ended_.wait_for(lock, time_, [this] { return has_ended_; })) return;
  has_passed_ = true;
  ::shutdown(descriptor, SHUT_RDWR);
}

}  // namespace ferryman::ad
