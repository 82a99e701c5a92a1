#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/session.h"
#include "net/client_table.h"

namespace ferryman::net {

class Connection;

// What a connection is to those who answer its requests.
struct Peer {
  std::string address;                              // "192.0.2.1:50000", "[2001:db8::1]:50000", "unix"
  ClientKey client = 0;                             // whose limits it counts for
  std::string_view tls_version;                     // "TLSv1.3"; empty on a plain listener
  const std::vector<std::string>* paths = nullptr;  // that its listener serves
};

// One request on its way. Shared by its connection and by who answers it; all on one worker. Exactly one of
// respond() and drop() ends it; after the client has gone both do nothing.
class Call {
 public:
  Call(std::shared_ptr<Connection> connection, const http::Request& request);

  http::Version version() const { return version_; }
  std::string_view method() const { return method_; }
  std::string_view path() const { return path_; }
  Bytes body() const { return body_; }
  const Peer& peer() const;

  void respond(const http::Response& response);
  void drop();

  // The client has gone: an answer would reach nobody.
  bool cancelled() const { return cancelled_; }
  // Emits terminal when the client goes.
  boost::asio::cancellation_slot cancellation_slot() { return signal_.slot(); }

 private:
  friend class Connection;
  void cancel();

  std::shared_ptr<Connection> connection_;
  std::uint64_t id_;
  http::Version version_;
  std::string method_, path_;
  std::vector<std::uint8_t> body_;
  boost::asio::cancellation_signal signal_;
  bool cancelled_ = false;
};

// Who answers requests; one per worker.
class Service {
 public:
  virtual ~Service() = default;
  virtual void serve(std::shared_ptr<Call> call) = 0;
  // The HTTP session answered by itself, see http::Handler::on_violation.
  virtual void on_violation(const Peer& peer, http::Version version, unsigned status,
                            std::string_view reason) = 0;
  // A TLS handshake ended without a connection. reason is OpenSSL's, or "timeout".
  virtual void on_handshake_failure(const Peer& peer, int code, std::string_view reason) = 0;
  // No connection can be accepted for want of descriptors or memory (errno's cause); 0: again they can.
  virtual void on_exhausted(int cause) = 0;
};

}  // namespace ferryman::net
