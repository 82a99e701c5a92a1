#pragma once

#include <atomic>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "base/descriptor.h"
#include "net/connection.h"
#include "net/forwarded.h"
#include "net/options.h"
#include "net/request_handler.h"

namespace ferryman::net {

// One listening socket of one worker.
struct ListenerOptions {
  bool tls = true;
  std::vector<std::string> paths;
  std::string health_path;
  // A PROXY header comes first; from a TCP peer outside trusted_proxies nothing is taken.
  bool proxy_protocol = false;
  std::vector<Network> trusted_proxies;
  std::optional<ClientCertificates> client_certificates{};  // nothing: as TlsOptions says
  // Other than connection: what trusted_proxies say of a request's client is believed, as is what comes by a
  // unix socket; what others say is not.
  ClientAddress client_address = ClientAddress::connection;
  bool messages = false;  // that stand alone (net/message_session.h), and no HTTP
  bool trace_headers = false;
};

// One worker's listeners and connections. All calls on the worker's thread, but for the constructor.
class Server : private ConnectionOwner {
 public:
  // connections and clients: the process's, shared by all workers. handler must outlive the server.
  Server(boost::asio::io_context& io, RequestHandler& handler, std::atomic<std::uint32_t>& connections,
         ClientTable& clients);
  ~Server() override;

  // Takes over a listening, non-blocking descriptor.
  void listen(int descriptor, ListenerOptions options);

  // For connections that are accepted from now on.
  void configure(std::shared_ptr<const ConnectionConfig> config);

  // Accepts what the kernel has already queued, closes the listeners, lets every connection finish.
  // `done` is called once none is left.
  void drain(std::function<void()> done);

  // Closes everything now.
  void abort();

  // After std::bad_alloc came out of the event loop: what should be waiting waits again.
  void recover();

 private:
  struct Listener;

  // drained: there is none that waits to be accepted.
  void accept(const std::shared_ptr<Listener>& listener, bool drained);
  void accept_waiting(const std::shared_ptr<Listener>& listener);
  bool accept_one(Listener& listener);
  bool may_enter(const ListenerOptions& options, bool trusted, Peer& peer,
                 const boost::asio::ip::tcp::endpoint& client);
  bool make_room(ClientKey newcomer);
  void begin(const ListenerOptions& options, Descriptor accepted, int family, bool trusted, const Peer& peer);
  void retry_accept_later(const std::shared_ptr<Listener>& listener);
  bool admit(Peer& peer, const boost::asio::ip::tcp::endpoint& client) override;
  void on_closed(Connection& connection) override;
  void answer_soon(Connection& connection) override;
  std::span<std::uint8_t> scratch() override { return scratch_; }
  SocketBio& bio() override { return bio_; }
  std::vector<ConnectionPtr> connections();
  void answer();
  void sweep();
  void finish_drain();

  boost::asio::io_context& io_;
  RequestHandler& handler_;
  std::atomic<std::uint32_t>& count_;
  ClientTable& clients_;
  std::shared_ptr<const ConnectionConfig> config_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  // Each holds a reference.
  boost::intrusive::list<Connection, boost::intrusive::base_hook<OpenHook>> connections_;
  boost::intrusive::list<Connection, boost::intrusive::base_hook<AnsweringHook>> answering_;
  bool answer_posted_ = false;
  std::vector<std::uint8_t> scratch_;
  SocketBio bio_;
  boost::asio::steady_timer sweeper_;
  bool sweeping_ = false;
  std::function<void()> drained_;
};

}  // namespace ferryman::net
