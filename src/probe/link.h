#pragma once

#include <chrono>
#include <span>
#include <string>

#include "base/bytes.h"
#include "probe/address.h"
#include "probe/tls.h"
#include "probe/url.h"

namespace ferryman::probe {

// How a connection ended, as far as it did.
enum class End : std::uint8_t {
  none,
  orderly,    // close_notify, or FIN where there is no TLS
  cut,        // FIN without close_notify
  reset,      // RST, or another error of the socket
  timed_out,  // nothing came until the deadline
  failed,     // TLS went wrong
};

// A connection to the proxy, with or without TLS. Blocking; nothing waits beyond the deadline it was given.
// SIGPIPE must be ignored.
class Link {
 public:
  Link() = default;
  Link(Link&& other) noexcept;
  Link& operator=(Link&& other) noexcept;
  ~Link();

  // TCP to the first address that takes it; each is tried in its order. The error is a sentence.
  static tl::expected<Link, std::string> connect(std::span<const Address> addresses, Deadline deadline);
  tl::expected<void, std::string> handshake(SSL_CTX* context, const Target& target, const TlsChoice& choice,
                                            Deadline deadline);

  // False when not everything could be written. There may be something to read all the same.
  bool write(Bytes bytes, Deadline deadline);
  // Octets read; 0 at the end, which end() tells. After timed_out one may go on.
  std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline);

  End end() const { return end_; }
  // Of end(), behind "the server".
  std::string end_words() const;
  SSL* ssl() const { return ssl_.get(); }
  std::string alpn() const;
  const Address& address() const { return address_; }
  std::chrono::microseconds connect_time() const { return connect_time_; }
  std::chrono::microseconds handshake_time() const { return handshake_time_; }

 private:
  bool wait(short events, Deadline deadline);
  std::size_t write_some(Bytes bytes, Deadline deadline);
  // True: try again.
  bool wait_for_tls(int result, Deadline deadline);
  void close();

  int fd_ = -1;
  SslPointer<SSL> ssl_;
  Address address_;
  End end_ = End::none;
  std::string trouble_;
  std::chrono::microseconds connect_time_{0}, handshake_time_{0};
};

}  // namespace ferryman::probe
