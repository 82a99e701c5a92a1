#include "connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace bench {
namespace {

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw Failed("socket");
  constexpr int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  constexpr linger reset{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  constexpr timeval patience{20, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    throw Failed("connect");
  }
  return fd;
}

// The length that the header announces; SIZE_MAX without one.
std::size_t content_length(const std::string& header) {
  for (std::size_t at = 0; (at = header.find("\r\n", at)) != std::string::npos;) {
    at += 2;
    constexpr char name[] = "content-length:";
    if (::strncasecmp(header.c_str() + at, name, sizeof name - 1) == 0)
      return std::strtoull(header.c_str() + at + sizeof name - 1, nullptr, 10);
  }
  return SIZE_MAX;
}

}  // namespace

Client::Client(std::uint16_t port, const std::string& alpn)
    : port_(port), context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_min_proto_version(context(), TLS1_3_VERSION);
  SSL_CTX_set_mode(context(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  if (!alpn.empty()) {
    const std::string list = static_cast<char>(alpn.size()) + alpn;
    SSL_CTX_set_alpn_protos(context(), reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
  }
  SSL_CTX_set_session_cache_mode(context(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_app_data(context(), this);
  SSL_CTX_sess_set_new_cb(context(), keep_session);
}

// The first only: later ones would make threads that resume wait for each other.
int Client::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* client = static_cast<Client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const std::lock_guard lock(client->mutex_);
  if (client->session_) return 0;
  client->session_.reset(session);
  return 1;
}

bool Client::has_session() const {
  const std::lock_guard lock(mutex_);
  return session_ != nullptr;
}

void Client::resume_with(SSL* ssl) const {
  const std::lock_guard lock(mutex_);
  // A copy: OpenSSL lets a session be resumed once.
  const std::unique_ptr<SSL_SESSION, Free> copy(SSL_SESSION_dup(session_.get()));
  SSL_set_session(ssl, copy.get());
}

Connection::Connection(const Client& client, bool resume)
    : fd_(connect_to(client.port())), ssl_(SSL_new(client.context())) {
  SSL_set_fd(ssl_, fd_);
  SSL_set_tlsext_host_name(ssl_, "localhost");
  if (resume) client.resume_with(ssl_);
  if (SSL_connect(ssl_) == 1) return;
  SSL_free(ssl_);
  ::close(fd_);
  throw Failed("handshake");
}

Connection::~Connection() {
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);  // or its session may not be resumed
  SSL_free(ssl_);
  ::close(fd_);
}

void Connection::set_nonblocking() {
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
}

void Connection::send(const std::string& request) {
  if (SSL_write(ssl_, request.data(), static_cast<int>(request.size())) != static_cast<int>(request.size()))
    throw Failed("send");
}

void Connection::read_to_end() {
  std::array<char, 16384> buffer;
  int got;
  while ((got = SSL_read(ssl_, buffer.data(), buffer.size())) > 0) input_.append(buffer.data(), got);
  check_status();
  const auto end = input_.find("\r\n\r\n");
  const auto length = content_length(input_);
  if (end == std::string::npos || (length != SIZE_MAX && input_.size() != end + 4 + length))
    throw Failed("cut off");
}

bool Connection::read_answer() {
  std::array<char, 16384> buffer;
  while (true) {
    const auto end = input_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const auto length = content_length(input_);
      if (length == SIZE_MAX) throw Failed("no Content-Length");
      if (input_.size() >= end + 4 + length) {
        check_status();
        input_.erase(0, end + 4 + length);
        return true;
      }
    }
    const int got = SSL_read(ssl_, buffer.data(), buffer.size());
    if (got > 0) {
      input_.append(buffer.data(), got);
    } else if (SSL_get_error(ssl_, got) == SSL_ERROR_WANT_READ) {
      return false;
    } else {
      throw Failed("closed");
    }
  }
}

void Connection::check_status() const {
  if (input_.size() < 12 || input_.compare(9, 3, "200") != 0) throw Failed("status " + input_.substr(0, 40));
}

}  // namespace bench
