#include "net/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <new>
#include <utility>

#include "net/listen_socket.h"

namespace ferryman::net {
namespace {

IoResult plain_result(ssize_t octets, IoStatus when_blocked) {
  if (octets > 0) return {IoStatus::ok, static_cast<std::size_t>(octets)};
  if (octets == 0) return {IoStatus::eof, 0};
  if (errno == EAGAIN || errno == EINTR) return {when_blocked, 0};
  return {IoStatus::failed, 0};
}

// What an earlier call left there would be taken for the cause of the next failure (SSL_get_error(3)). It is
// nearly always nothing, and to see that costs less than to clear it.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

int int_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

Stream::Stream(Socket socket, SSL_CTX* ctx, SocketBio& bio) : socket_(std::move(socket)), bio_(bio) {
  if (ctx == nullptr) return;
  ssl_.reset(SSL_new(ctx));
  if (ssl_ == nullptr) throw std::bad_alloc();
  BIO_up_ref(bio.get());
  SSL_set_bio(ssl_.get(), bio.get(), bio.get());
  SSL_set_accept_state(ssl_.get());
}

Stream::~Stream() = default;

SSL* Stream::ssl() {
  packed_.unpack();
  bio_.aim({socket_.native_handle(), &filled_});
  return ssl_.get();
}

IoResult Stream::tls_result(int result) {
  if (result > 0) return {IoStatus::ok, static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {IoStatus::want_read, 0};
    case SSL_ERROR_WANT_WRITE:
      return {IoStatus::want_write, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoStatus::eof, 0};
    default:
      break;
  }
  failed_ = true;
  failure_ = ERR_peek_error();
  forget_errors();
  return {IoStatus::failed, 0};
}

std::string_view Stream::failure() const {
  const char* reason = ERR_reason_error_string(failure_);
  return reason != nullptr ? reason : "connection lost";
}

int Stream::failure_code() const {
  return ERR_GET_REASON(failure_);
}

bool Stream::lost() const {
  return failure_ == 0 || ERR_SYSTEM_ERROR(failure_) || failure_code() == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

IoResult Stream::handshake() {
  if (!ssl_) return {};
  forget_errors();
  const IoResult result = tls_result(SSL_do_handshake(ssl()));
  handshake_done_ = result.status == IoStatus::ok;
  return result;
}

void Stream::acknowledge() {
  if (!ssl_) return;
  const bool spoke_last = SSL_version(ssl()) == TLS1_3_VERSION || SSL_session_reused(ssl()) == 1;
  if (!spoke_last || SSL_get_num_tickets(ssl()) > 0) return;
  const int on = 1;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

IoResult Stream::read(std::span<std::uint8_t> into) {
  if (!ssl_) {
    const ssize_t octets = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    has_more_ = octets == static_cast<ssize_t>(into.size());
    return plain_result(octets, IoStatus::want_read);
  }
  forget_errors();
  const int octets = SSL_read(ssl(), into.data(), int_size(into.size()));
  has_more_ = octets > 0 && (filled_ || SSL_has_pending(ssl_.get()) == 1);
  return tls_result(octets);
}

IoResult Stream::peek(std::span<std::uint8_t> into) {
  return plain_result(::recv(socket_.native_handle(), into.data(), into.size(), MSG_PEEK),
                      IoStatus::want_read);
}

void Stream::skip(std::size_t octets) {
  std::array<std::uint8_t, 256> sink;
  while (octets > 0) {
    const ssize_t taken = ::recv(socket_.native_handle(), sink.data(), std::min(octets, sink.size()), 0);
    if (taken <= 0) return;
    octets -= static_cast<std::size_t>(taken);
  }
}

boost::asio::ip::tcp::endpoint Stream::peer() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const int fd = const_cast<Socket&>(socket_).native_handle();
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return peer_endpoint(address);
}

boost::asio::ip::tcp::endpoint Stream::own() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const int fd = const_cast<Socket&>(socket_).native_handle();
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return peer_endpoint(address);
}

IoResult Stream::write(Bytes bytes) {
  if (!ssl_) {
    return plain_result(::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                        IoStatus::want_write);
  }
  forget_errors();
  return tls_result(SSL_write(ssl(), bytes.data(), int_size(bytes.size())));
}

void Stream::offer_resumption() {
  if (!ssl_ || std::exchange(resumption_offered_, true)) return;
  if (SSL_version(ssl()) == TLS1_3_VERSION && SSL_get_num_tickets(ssl()) == 0) {
    SSL_new_session_ticket(ssl());
  }
}

void Stream::cork() {
  const int on = 1;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

bool Stream::rest() {
  return ssl_ && handshake_done_ && packed_.pack(ssl_.get());
}

void Stream::shutdown_write() {
  if (ssl_ && handshake_done_ && !failed_) {
    forget_errors();
    // One call: it sends our close_notify and does not wait for the peer's.
    SSL_shutdown(ssl());
    forget_errors();
  }
  packed_.unpack();
  ssl_.reset();
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

std::string_view Stream::tls_version() {
  return ssl_ ? std::string_view(SSL_get_version(ssl())) : std::string_view();
}

std::string_view Stream::alpn() {
  if (!ssl_) return {};
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

bool Stream::resumed() {
  return ssl_ && SSL_session_reused(ssl()) == 1;
}

std::vector<std::uint8_t> Stream::peer_certificate() {
  X509* const certificate = ssl_ ? SSL_get0_peer_certificate(ssl()) : nullptr;
  if (certificate == nullptr) return {};
  std::vector<std::uint8_t> der(static_cast<std::size_t>(std::max(i2d_X509(certificate, nullptr), 0)));
  unsigned char* out = der.data();
  if (!der.empty()) i2d_X509(certificate, &out);
  return der;
}

}  // namespace ferryman::net
