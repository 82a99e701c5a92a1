#pragma once

#include <openssl/ssl.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "net/edge_socket.h"
#include "net/packed_block.h"
#include "net/socket_bio.h"

namespace ferryman::net {

// What a read, write or handshake came to. want_*: nothing more can be done until the socket is ready.
enum class IoStatus : std::uint8_t { ok, want_read, want_write, eof, failed };

struct IoResult {
  IoStatus status = IoStatus::ok;
  std::size_t octets = 0;
};

// A connected non-blocking socket, with TLS on it or plain. OpenSSL works on the descriptor itself, which
// costs half the memory of a stream with buffers of its own between the two. Nothing here waits: who owns
// it waits on socket() and calls again.
class Stream {
 public:
  using Socket = EdgeSocket<boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                             boost::asio::io_context::executor_type>>;

  // ctx: null for a plain stream. Both outlive it.
  Stream(Socket socket, SSL_CTX* ctx, SocketBio& bio);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  Socket& socket() { return socket_; }
  boost::asio::ip::tcp::endpoint peer() const;  // unspecified on a unix socket
  boost::asio::ip::tcp::endpoint own() const;   // the same of this side

  // Server side of the TLS handshake; ok at once on a plain stream.
  IoResult handshake();
  // To be called after the handshake when no request has come with its last message. Has the kernel
  // acknowledge that message now instead of 40 ms later: a client without TCP_NODELAY, such as MIT's, sends
  // its request only when it is acknowledged.
  void acknowledge();
  IoResult read(std::span<std::uint8_t> into);
  // Whether there may be more to read although no event will say so: after a read that succeeded, OpenSSL may
  // hold octets, or the socket may.
  bool has_more() const { return has_more_; }
  // Octets in front of TLS: peek() reads them and leaves them in the socket, skip() takes them away.
  IoResult peek(std::span<std::uint8_t> into);
  void skip(std::size_t octets);
  IoResult write(Bytes bytes);

  // Sends a TLS 1.3 client a ticket with what is written next, once, unless it had one with the handshake.
  // Making one costs a tenth of a handshake, so only those get it who may come back with it. One that is sent
  // here costs the connection some 6 KiB until its end as well.
  void offer_resumption();

  // What is written from now on is held back until shutdown_write(), so that both leave in few packets.
  void cork();

  // To be called when nothing is expected for a while: packs OpenSSL's memory until the next call here needs
  // it. False when nothing was packed: there is no TLS, it is packed already, or packing would save nothing.
  bool rest();

  // Says that nothing more will be written: close_notify and FIN. TLS is over with that: what the peer still
  // sends is read as it lies in the socket, to be thrown away.
  void shutdown_write();

  // Closes without more ado. Pending waits end with operation_aborted.
  void close();

  bool is_tls() const { return ssl_ != nullptr; }
  std::string_view tls_version();  // "TLSv1.3"; empty on a plain stream
  std::string_view alpn();         // "h2", "http/1.1" or empty
  bool resumed();                  // TLS began with a ticket of a session before
  // DER of the certificate that the peer has shown, in this handshake or the one that its session began with;
  // empty where there is none.
  std::vector<std::uint8_t> peer_certificate();
  // Why the handshake failed, from OpenSSL's table of reasons; for logs.
  std::string_view failure() const;
  int failure_code() const;
  // The peer went, in order or not, rather than that anything was wrong.
  bool lost() const;

 private:
  // TLS, awake and at this socket.
  SSL* ssl();
  IoResult tls_result(int result);

  Socket socket_;
  SocketBio& bio_;
  struct SslDeleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, SslDeleter> ssl_;
  PackedBlock packed_;         // after ssl_, which is freed awake
  unsigned long failure_ = 0;  // OpenSSL's
  bool failed_ = false, handshake_done_ = false, has_more_ = false, resumption_offered_ = false;
  bool filled_ = false;  // by the last read from the socket, which may hold more
};

}  // namespace ferryman::net
