#pragma once

#include <ldap.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace ferryman::ad {

// How long a TLS handshake may take. libldap's own limit makes its GnuTLS ask the socket again and again,
// without an end: while this lives the handshake blocks instead, and the connection is closed by a thread
// once its time is over. Made before the connection; one connection.
class HandshakeLimit {
 public:
  HandshakeLimit(LDAP* handle, std::chrono::seconds time);
  ~HandshakeLimit();
  HandshakeLimit(const HandshakeLimit&) = delete;
  HandshakeLimit& operator=(const HandshakeLimit&) = delete;

  bool has_passed() const;
  // There is no thread to be had, so that no connection was made.
  bool has_failed() const { return has_failed_; }

 private:
  static int on_connected(LDAP* handle, Sockbuf* socket, LDAPURLDesc*, sockaddr*, ldap_conncb* self);
  static void on_closed(LDAP*, Sockbuf*, ldap_conncb*) {}
  bool start(int descriptor);
  void wait(int descriptor);

  LDAP* handle_;
  std::chrono::seconds time_;
  ldap_conncb callbacks_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false, has_passed_ = false, has_failed_ = false;
  std::thread thread_;
};

}  // namespace ferryman::ad
