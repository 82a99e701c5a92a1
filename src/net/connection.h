#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "base/recycled.h"
#include "http/session.h"
#include "net/options.h"
#include "net/request_handler.h"
#include "net/stream.h"
#include "net/tls_context.h"

namespace ferryman::net {

class Connection;
struct ListenerOptions;

// What a connection keeps from the configuration in force when it was accepted.
struct ConnectionConfig {
  http::Limits http;
  ConnectionLimits limits;
  TlsContexts tls;
};

// The worker's side of its connections: lets them in, is told when one is over, lends the buffer that all
// read into.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // Counts the connection for the client at that address, from now until on_closed(). False, with the cause
  // reported, when that client may not have it.
  virtual bool admit(Peer& peer, const boost::asio::ip::tcp::endpoint& client) = 0;
  virtual void on_closed(Connection& connection) = 0;
  // Calls the connection's answer() at the end of the event loop's turn.
  virtual void answer_soon(Connection& connection) = 0;
  virtual std::span<std::uint8_t> scratch() = 0;
  virtual SocketBio& bio() = 0;
};

// Membership among an owner's connections, and among those of them that answer at the end of the event loop's
// turn.
using OpenHook = boost::intrusive::list_base_hook<boost::intrusive::tag<struct Open>>;
using AnsweringHook = boost::intrusive::list_base_hook<boost::intrusive::tag<struct Answering>>;

// One client connection: moves bytes between its stream and its HTTP session, and hands requests to their
// handler. An idle one holds no buffer. All calls on its worker's thread. It lives while its owner, a wait
// or a Call holds it.
//
//   proxy_header ──► handshake ──TLS, messages─► open ──► lingering ──► closed
//   (behind a         │                           ▲
//   proxy only)       └──plain──► preface ────────┘
//
// preface: without TLS the first octets tell whether the client speaks HTTP/2; where it sends messages alone
// (net/message_session.h) there is nothing to tell. lingering: everything has been
// written, and what the client still sends is read and thrown away until it closes. From each state a
// failure, a deadline or abort() leads to closed.
class Connection final : public Recycled<Connection>,
                         public CallSource,
                         public OpenHook,
                         public AnsweringHook,
                         private http::Handler {
 public:
  using Clock = std::chrono::steady_clock;

  // behind_proxy: a PROXY header comes first and tells who the client is. client_certificates: how the
  // listener asks for them, nothing: as is usual.
  // forwarder: the listener where it believes this peer who a request's client is, which its fields name;
  // outlives the connection. Null: that is the peer.
  struct Kind {
    bool tls = true, behind_proxy = false;
    std::optional<ClientCertificates> client_certificates{};
    const ListenerOptions* forwarder = nullptr;
  };
  Connection(Stream::Socket socket, Peer peer, Kind kind, std::shared_ptr<const ConnectionConfig> config,
             RequestHandler& handler, ConnectionOwner& owner);
  ~Connection() override;

  void start();

  // Writes the answers that are ready.
  void answer() { pump(); }

  // Closes or times out what has been in its phase for too long.
  void check_deadline(Clock::time_point now);

  // Lets requests that have begun be answered, then closes.
  void drain();

  // Closes without more ado.
  void abort();

  // No request of it is in work and no answer on its way, so that nothing is lost with it but the connection.
  bool is_idle() const { return calls_.empty() && (!session_ || session_->output().empty()); }
  // In what it does now.
  Clock::time_point since() const { return since_; }
  // Closes for another that comes.
  void make_room();

  const Peer& peer() const override { return peer_; }

 private:
  enum class State : std::uint8_t { proxy_header, handshake, preface, open, lingering, closed };

  void on_request(const http::Request& request) override;
  bool wants_fields(std::string_view path) const override {
    return forwarder_ != nullptr || handler_.wants_fields(peer_, path);
  }
  void on_cancel(std::uint64_t id) override;
  void on_violation(unsigned status, std::string_view reason) override;
  void respond(std::uint64_t id, const http::Response& response) override;
  void drop(std::uint64_t id) override;
  std::vector<std::uint8_t> client_certificate() override;
  void name_client(Call& call, const http::Request& request);
  std::string_view server_address() override;
  void forget(std::uint64_t id);
  void tell_violation(unsigned status, std::string_view reason);

  // Does everything that can be done without waiting, then waits for the socket. Out of memory, the
  // connection is given up.
  void pump();
  void run();
  bool step();
  bool do_proxy_header();
  bool do_handshake();
  bool do_preface();
  bool do_write();
  bool do_read();
  bool do_linger();
  std::vector<std::uint8_t>& add_to_preface(Bytes octets);
  void begin_linger();
  void answer_soon();
  bool blocked(IoResult result);
  void open(std::unique_ptr<http::Session> session);
  void open_http(bool http2);
  void wait();
  void note_phase(Clock::time_point now);
  void rest_if_idle(Clock::time_point now);
  std::chrono::milliseconds allowance() const;

  Stream stream_;
  Peer peer_;
  std::shared_ptr<const ConnectionConfig> config_;
  RequestHandler& handler_;
  ConnectionOwner& owner_;
  std::unique_ptr<http::Session> session_;
  boost::container::small_vector<CallPtr, 1> calls_;
  // The PROXY header as far as it has come; then, without TLS, the first octets until they tell the HTTP
  // version. Null at all other times.
  std::unique_ptr<std::vector<std::uint8_t>> preface_;
  Clock::time_point since_;  // when the current phase was first seen, or the wait for room to write began
  std::uint64_t progress_ = 0;
  http::Phase phase_ = http::Phase::idle;
  State state_ = State::handshake;
  const bool passes_certificate_;  // that the client shows
  const ListenerOptions* const forwarder_;
  std::unique_ptr<const std::string> server_address_;  // once somebody has asked for it
  bool pumping_ = false, again_ = false, draining_ = false, input_ended_ = false;
  bool want_read_ = false, want_write_ = false;        // what the next wait is for
  bool waiting_read_ = false, waiting_write_ = false;  // waits under way
  bool dry_ = false;  // the socket has been read empty: a read is of use only after an event
  bool just_open_ = false, asked_at_rest_ = false;
  bool told_of_ = false;  // the handler has heard of this connection, by a request or a failure
};

using ConnectionPtr = boost::intrusive_ptr<Connection>;

}  // namespace ferryman::net
