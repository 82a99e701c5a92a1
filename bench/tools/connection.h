#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

namespace bench {

struct Failed : std::runtime_error {
  using runtime_error::runtime_error;
};

// What connections have in common: TLS 1.3 without verification, and the latest session that a server gave.
class Client {
 public:
  // alpn: "" or the one protocol to offer.
  Client(std::uint16_t port, const std::string& alpn);

  SSL_CTX* context() const { return context_.get(); }
  std::uint16_t port() const { return port_; }
  bool has_session() const;
  void resume_with(SSL* ssl) const;  // sets the session

 private:
  static int keep_session(SSL* ssl, SSL_SESSION* session);

  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  const std::uint16_t port_;
  std::unique_ptr<SSL_CTX, Free> context_;
  mutable std::mutex mutex_;
  std::unique_ptr<SSL_SESSION, Free> session_;
};

// One TLS connection, blocking until set otherwise. Closed by RST, so that no port waits in TIME_WAIT.
class Connection {
 public:
  Connection(const Client& client, bool resume);  // connects; throws Failed
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int descriptor() const { return fd_; }
  bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  void set_nonblocking();

  void send(const std::string& request);
  void read_to_end();  // an HTTP/1.0 answer, to EOF
  // Reads what there is; true when a whole answer has come. Blocks for it on a blocking connection.
  bool read_answer();

 private:
  void check_status() const;

  int fd_;
  SSL* ssl_;
  std::string input_;
};

}  // namespace bench
