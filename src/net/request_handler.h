#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/octet_pool.h"
#include "base/recycled.h"
#include "http/session.h"
#include "local/message.h"
#include "net/client_table.h"

namespace ferryman::net {

// What a client is to those who answer its requests.
struct Peer {
  std::string address;                              // "192.0.2.1:50000", "[2001:db8::1]:50000", "unix"
  ClientKey client = 0;                             // whose limits it counts for
  std::string_view tls_version;                     // "TLSv1.3"; empty on a plain listener
  const std::vector<std::string>* paths = nullptr;  // that its listener serves; null where it is not HTTP
  const std::string* health_path = nullptr;         // the same for those who look after it; may be empty
  // kkdcp: it speaks HTTP. Else each request is a message alone, without method or path.
  local::Transport transport = local::Transport::kkdcp;
  bool trace_headers = false;  // requests of the KDC proxy are looked at for them
};

// Where requests come from and their answers go: a connection, or one datagram.
class CallSource : public boost::intrusive_ref_counter<CallSource, boost::thread_unsafe_counter> {
 public:
  virtual ~CallSource() = default;
  virtual const Peer& peer() const = 0;

 protected:
  friend class Call;
  // Of a request that has been neither answered nor dropped nor cancelled; id is http::Request's.
  virtual void respond(std::uint64_t id, const http::Response& response) = 0;
  virtual void drop(std::uint64_t id) = 0;
  virtual std::vector<std::uint8_t> client_certificate() { return {}; }
  virtual std::string_view server_address() { return {}; }
};

// Told when the client of its call has gone.
class CallWatcher {
 public:
  virtual ~CallWatcher() = default;
  virtual void on_gone() = 0;
};

// One request on its way. Shared by its source and by who answers it; all on one worker. Exactly one of
// respond() and drop() ends it; after the client has gone both do nothing.
class Call final : public Recycled<Call>,
                   public boost::intrusive_ref_counter<Call, boost::thread_unsafe_counter> {
 public:
  Call(boost::intrusive_ptr<CallSource> source, const http::Request& request);
  ~Call();

  http::Version version() const { return version_; }
  Bytes body() const { return body_; }
  // Who asks. Behind a reverse proxy (ListenerOptions::client_address) that is not who has connected.
  const Peer& peer() const { return own_peer_ ? *own_peer_ : source_->peer(); }
  // DER of the certificate that the client has shown to a listener with ClientCertificates::pass. Verified is
  // only that the client has its key. Empty: none, or another listener. To be asked for while the request is
  // being served.
  std::vector<std::uint8_t> client_certificate() const { return source_->client_certificate(); }

  // "192.0.2.9:443": where the client is connected to. Empty: not known, or not any more.
  std::string_view server_address() const { return source_->server_address(); }

  void respond(const http::Response& response);
  void drop();

  // The client has gone: an answer would reach nobody.
  bool cancelled() const { return cancelled_; }
  // Is told when the client goes; null: nobody is.
  void watch(CallWatcher* watcher) { watcher_ = watcher; }

 private:
  friend class Connection;
  void cancel();
  void set_peer(Peer peer) { own_peer_ = std::make_unique<const Peer>(std::move(peer)); }

  boost::intrusive_ptr<CallSource> source_;
  std::uint64_t id_;
  http::Version version_;
  bool cancelled_ = false;
  CallWatcher* watcher_ = nullptr;
  std::unique_ptr<const Peer> own_peer_;  // null: the source's
  Octets body_;
};
using CallPtr = boost::intrusive_ptr<Call>;

// Who answers requests; one per worker.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // request's views are valid until this returns.
  virtual void serve(CallPtr call, const http::Request& request) = 0;
  // See http::Handler::wants_fields.
  virtual bool wants_fields(const Peer& peer, std::string_view path) const {
    (void)peer;
    (void)path;
    return false;
  }
  // The HTTP session answered by itself, see http::Handler::on_violation.
  virtual void on_violation(const Peer& peer, http::Version version, unsigned status,
                            std::string_view reason) = 0;
  // A TLS handshake is over; resumed: by a ticket.
  virtual void on_handshake(const Peer& peer, bool resumed) {
    (void)peer;
    (void)resumed;
  }
  // A TLS handshake failed. reason is OpenSSL's, or "timeout".
  virtual void on_handshake_failure(const Peer& peer, int code, std::string_view reason) = 0;
  // A connection ended that nothing else was told of: by its client before the TLS handshake was over, or
  // without a request. A load balancer looks in like that.
  virtual void on_unused(const Peer& peer) = 0;
  // A trusted proxy has passed on a request whose client it does not name, or not so that it can be read: it
  // is served as the proxy's own.
  virtual void on_unnamed_client(const Peer& peer) { (void)peer; }
  // No connection can be accepted for want of descriptors or memory (errno's cause); 0: again they can.
  virtual void on_exhausted(int cause) = 0;
};

}  // namespace ferryman::net
