#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/siphash.h"
#include "net/connection.h"
#include "net/datagram_counts.h"
#include "net/request_handler.h"

namespace ferryman::net {

// One worker's UDP sockets: each datagram is one message, handed over as net/message_session.h does. All
// calls on the worker's thread, but for the constructor.
//
// An answer leaves from the address that its datagram came to, also where the socket is bound to all of them:
// clients take it from no other (IP_PKTINFO). One that does not fit into the socket's buffer is lost, as any
// datagram may be. A request that is dropped gets none. While a datagram is in work, the same from the same
// client again is passed over: its sender has only not waited long enough, and gets one answer.
//
// Whom a datagram comes from is only claimed, so its client has limits of its own (claimed_client_key()):
// nobody can use up by UDP what another one may do over a connection.
class DatagramServer {
 public:
  // handler must outlive the server.
  DatagramServer(boost::asio::io_context& io, RequestHandler& handler);
  ~DatagramServer();

  // Takes over a bound, non-blocking descriptor.
  void listen(int descriptor);

  // For datagrams that are read from now on: of it limits.client and http.max_body.
  void configure(std::shared_ptr<const ConnectionConfig> config);

  // Reads what the kernel has already queued, and no more. What has begun is still answered, and then the
  // sockets are closed.
  void drain();

  // Closes everything now.
  void abort();

  DatagramCounts counts() const;

  // After std::bad_alloc came out of the event loop: what should be waiting waits again.
  void recover();

 private:
  struct Socket;
  class Datagram;

  void wait(const std::shared_ptr<Socket>& socket, bool drained);
  void read(const std::shared_ptr<Socket>& socket);
  bool read_one(const std::shared_ptr<Socket>& socket);
  void serve(boost::intrusive_ptr<Datagram> datagram, Bytes message);

  boost::asio::io_context& io_;
  RequestHandler& handler_;
  std::shared_ptr<const ConnectionConfig> config_;
  std::vector<std::shared_ptr<Socket>> sockets_;
  std::vector<std::uint8_t> scratch_;
  const SipHash::Key hash_key_ = SipHash::Key::random();
};

}  // namespace ferryman::net
