#include "probe/link.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace ferryman::probe {
namespace {

std::string errno_words(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "refused";
    case ETIMEDOUT:
      return "timed out";
    case ENETUNREACH:
    case EHOSTUNREACH:
      return "no route to it";
    default:
      return std::generic_category().message(error);
  }
}

}  // namespace

Link::Link(Link&& other) noexcept {
  *this = std::move(other);
}

Link& Link::operator=(Link&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::exchange(other.fd_, -1);
  ssl_ = std::move(other.ssl_);
  address_ = other.address_;
  end_ = other.end_;
  trouble_ = std::move(other.trouble_);
  connect_time_ = other.connect_time_;
  handshake_time_ = other.handshake_time_;
  return *this;
}

Link::~Link() {
  close();
}

void Link::close() {
  if (ssl_ && end_ == End::none && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  ssl_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool Link::wait(short events, Deadline deadline) {
  pollfd poll{fd_, events, 0};
  while (Clock::now() < deadline) {
    const int ready = ::poll(&poll, 1, milliseconds_until(deadline));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) break;
    end_ = End::reset;
    return false;
  }
  end_ = End::timed_out;
  return false;
}

tl::expected<Link, std::string> Link::connect(std::span<const Address> addresses, Deadline deadline) {
  std::string causes;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto begun = Clock::now();
    Link link;
    link.address_ = addresses[i];
    link.fd_ = ::socket(link.address_.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = link.fd_ < 0 ? errno : 0;
    if (error == 0 && ::connect(link.fd_, reinterpret_cast<const sockaddr*>(&link.address_.storage),
                                link.address_.size) != 0)
      error = errno;
    if (error == EINPROGRESS) {
      // What is left is shared out, so that a silent address does not take the others' time.
      const auto share = (deadline - begun) / static_cast<int>(addresses.size() - i);
      socklen_t size = sizeof error;
      if (!link.wait(POLLOUT, begun + share))
        error = ETIMEDOUT;
      else if (::getsockopt(link.fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    }
    if (error == 0) {
      const int on = 1;
      ::setsockopt(link.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      link.connect_time_ = since(begun);
      return link;
    }
    causes += fmt::format("{}{} {}", causes.empty() ? "" : ", ", link.address_.text(), errno_words(error));
  }
  return tl::unexpected(causes);
}

tl::expected<void, std::string> Link::handshake(SSL_CTX* context, const Target& target,
                                                const TlsChoice& choice, Deadline deadline) {
  const auto begun = Clock::now();
  ERR_clear_error();
  ssl_.reset(SSL_new(context));
  if (!ssl_ || SSL_set_fd(ssl_.get(), fd_) != 1) return tl::unexpected(tls_error_words());
  SSL_set_security_level(ssl_.get(), choice.lax ? 0 : 1);
  if (choice.lax) {
    SSL_set_cipher_list(ssl_.get(), "ALL:@SECLEVEL=0");
    SSL_set_options(ssl_.get(), SSL_OP_LEGACY_SERVER_CONNECT);
  }
  SSL_set_min_proto_version(ssl_.get(), choice.lowest);
  SSL_set_max_proto_version(ssl_.get(), choice.highest);
  SSL_set_tlsext_status_type(ssl_.get(), TLSEXT_STATUSTYPE_ocsp);
  if (!target.is_ip_address()) SSL_set_tlsext_host_name(ssl_.get(), target.host.c_str());
  if (!choice.alpn.empty()) {
    const Bytes alpn = as_bytes(choice.alpn);
    SSL_set_alpn_protos(ssl_.get(), alpn.data(), static_cast<unsigned>(alpn.size()));
  }
  if (choice.session != nullptr) SSL_set_session(ssl_.get(), choice.session);
  int result = 0;
  while ((result = SSL_connect(ssl_.get())) != 1) {
    if (!wait_for_tls(result, deadline)) return tl::unexpected(end_words());
  }
  handshake_time_ = since(begun);
  return {};
}

bool Link::wait_for_tls(int result, Deadline deadline) {
  const int saved_errno = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return wait(POLLIN, deadline);
    case SSL_ERROR_WANT_WRITE:
      return wait(POLLOUT, deadline);
    case SSL_ERROR_ZERO_RETURN:
      end_ = End::orderly;
      return false;
    case SSL_ERROR_SYSCALL:
      end_ = saved_errno == 0 ? End::cut : End::reset;
      ERR_clear_error();
      return false;
    default:
      end_ = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? End::cut
                                                                                         : End::failed;
      trouble_ = tls_error_words();
      return false;
  }
}

bool Link::write(Bytes bytes, Deadline deadline) {
  if (end_ == End::timed_out) end_ = End::none;
  while (!bytes.empty() && end_ == End::none) bytes = bytes.subspan(write_some(bytes, deadline));
  if (end_ == End::reset) end_ = End::none;  // what the peer said before that may still be read
  return bytes.empty();
}

// Octets written; 0 as well when it is to be tried again.
std::size_t Link::write_some(Bytes bytes, Deadline deadline) {
  if (Clock::now() >= deadline) {
    end_ = End::timed_out;
    return 0;
  }
  if (ssl_) {
    std::size_t written = 0;
    ERR_clear_error();
    errno = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
    if (result != 1) wait_for_tls(result, deadline);
    return result == 1 ? written : 0;
  }
  const ssize_t written = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (written >= 0) return static_cast<std::size_t>(written);
  if (errno == EAGAIN)
    wait(POLLOUT, deadline);
  else if (errno != EINTR)
    end_ = End::reset;
  return 0;
}

std::size_t Link::read(std::span<std::uint8_t> buffer, Deadline deadline) {
  if (end_ == End::timed_out) end_ = End::none;
  while (end_ == End::none) {
    if (Clock::now() >= deadline) {
      end_ = End::timed_out;
      break;
    }
    if (ssl_) {
      std::size_t size = 0;
      ERR_clear_error();
      errno = 0;
      const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
      if (result == 1) return size;
      if (!wait_for_tls(result, deadline)) break;
    } else {
      const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (size > 0) return static_cast<std::size_t>(size);
      if (size == 0)
        end_ = End::orderly;
      else if (errno != EAGAIN && errno != EINTR)
        end_ = End::reset;
      else
        wait(POLLIN, deadline);
    }
  }
  return 0;
}

std::string Link::end_words() const {
  switch (end_) {
    case End::orderly:
      return "the server closed the connection";
    case End::cut:
      return "the server cut the connection off";
    case End::reset:
      return "the server reset the connection";
    case End::timed_out:
      return "timed out";
    case End::failed:
      return trouble_;
    case End::none:
      break;
  }
  return {};
}

std::string Link::alpn() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  if (ssl_) SSL_get0_alpn_selected(ssl_.get(), &name, &length);
  return {reinterpret_cast<const char*>(name), name == nullptr ? 0 : length};
}

}  // namespace ferryman::probe
