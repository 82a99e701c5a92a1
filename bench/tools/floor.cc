// The least that a server with OpenSSL does for an exchange, to tell a gateway's own costs from those of the
// kernel and of TLS. One thread, epoll, each descriptor registered once.
//
//   bench_floor PORT --cert FILE --key FILE --kdc PORT --message FILE [--tcp kept|closed] [--log FILE]
//
// Of a request it only finds whether all has come. FILE's Kerberos message goes to the KDC instead, over UDP
// or TCP, and what comes back is the answer's body. No log, limits, time-outs nor pipelining: for the bench
// alone.
//
// With --log it is the least that a gateway does: it reads HTTP, KKDCP and Kerberos as ferrymand does and
// writes the same line for each exchange, but has no policy, location, limits, KDC's health nor time-outs.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/event_record.h"
#include "http/session.h"
#include "kerberos/reply.h"
#include "kerberos/request.h"
#include "kkdcp/message.h"
#include "telemetry/log.h"

namespace bench {
namespace {

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench_floor: %s\n", what.c_str());
  ERR_print_errors_fp(stderr);
  std::exit(EXIT_FAILURE);
}

void set(int fd, int level, int option) {
  constexpr int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

// As in ferrymand: a ticket only for a client that may come back with it.
int choose_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_len, const unsigned char*, unsigned,
                void*) {
  static constexpr unsigned char known[] = "http/1.1";
  SSL_set_num_tickets(ssl, 1);
  *out = known;
  *out_len = sizeof known - 1;
  return SSL_TLSEXT_ERR_OK;
}

// OpenSSL's own way with tickets fetches the algorithms anew for each.
int ticket_key(SSL*, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
               int sealing) {
  static EVP_CIPHER* const aes = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  static std::array<unsigned char, 32> key{};
  static char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
                               OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  if (sealing != 0) std::memset(name, 0, 16);
  if (sealing != 0 && RAND_bytes(iv, 16) != 1) return -1;
  const int set_up = EVP_CipherInit_ex2(cipher, aes, key.data(), iv, sealing, nullptr);
  return set_up == 1 && EVP_MAC_CTX_set_params(mac, params) == 1 ? 1 : -1;
}

// What costs or saves anything is as ferrymand has it.
SSL_CTX* tls_context(const std::string& cert, const std::string& key) {
  SSL_CTX* ctx = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(ctx, 1);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ctx, 0);
  SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
  SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_key);
  SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, nullptr);
  if (SSL_CTX_use_certificate_chain_file(ctx, cert.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(ctx, key.c_str(), SSL_FILETYPE_PEM) != 1)
    fail("the certificate or its key");
  return ctx;
}

// call: bind or connect.
bool at_loopback(int (*call)(int, const sockaddr*, socklen_t), int fd, const std::string& port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port.c_str())));
  return call(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string message_of(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  std::string message(std::istreambuf_iterator<char>(file), {});
  if (message.empty()) fail("the message");
  return message;
}

using Clock = std::chrono::steady_clock;

std::uint32_t microseconds(Clock::duration duration) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

// A client's HTTP and what its messages say, read as ferrymand reads them.
class Reader final : public ferryman::http::Handler {
 public:
  Reader() : session_(ferryman::http::make_http1_session(limits(), *this)) {}

  // The Kerberos message of a request that is complete.
  std::optional<ferryman::Bytes> receive(ferryman::Bytes input) {
    session_->receive(input);
    if (!std::exchange(complete_, false)) return std::nullopt;
    return request_->bytes;
  }

  // Where the answer lies until consume().
  ferryman::Bytes answer(ferryman::Bytes reply, ferryman::gateway::RequestEvent& event) {
    namespace krb = ferryman::kerberos;
    const auto now = Clock::now();
    const auto read = krb::parse_reply(reply, request_->kind);
    const auto header = ferryman::kkdcp::reply_header(reply.size(), message_.framing);
    if (!read || !header) fail("the KDC's reply");
    ferryman::http::Response response;
    response.content_type = "application/kerberos";
    response.body_head = header->bytes();
    response.body = reply;
    session_->respond(id_, response);
    event.http = ferryman::http::name(session_->version());
    event.status = response.status;
    event.request = &*request_;
    event.target_domain = message_.target_domain.value_or("");
    event.hint = message_.dclocator_hint;
    reply_ = *read;
    event.reply = &reply_;
    event.exchange_us = microseconds(now - asked_);
    event.total_us = microseconds(Clock::now() - begun_);
    return session_->output();
  }
  void consume(std::size_t octets) { session_->consume(octets); }
  bool ends() const { return session_->phase() == ferryman::http::Phase::closing; }

 private:
  static const ferryman::http::Limits& limits() {
    static const ferryman::http::Limits all{.max_requests = UINT32_MAX};
    return all;
  }

  void on_request(const ferryman::http::Request& request) override {
    begun_ = Clock::now();
    id_ = request.id;
    body_.assign(request.body.begin(), request.body.end());
    const auto message = ferryman::kkdcp::parse(body_);
    if (!message) fail("a KDC-PROXY-MESSAGE");
    message_ = *message;
    const auto read = ferryman::kerberos::parse_request(message_.kerb_message);
    if (!read) fail("a Kerberos message");
    request_ = *read;
    asked_ = Clock::now();
    complete_ = true;
  }
  void on_cancel(std::uint64_t) override {}
  void on_violation(unsigned, std::string_view) override { fail("a request"); }

  std::unique_ptr<ferryman::http::Session> session_;
  std::vector<std::uint8_t> body_;
  ferryman::kkdcp::Message message_;
  std::optional<ferryman::kerberos::Request> request_;
  ferryman::kerberos::Reply reply_;
  Clock::time_point begun_, asked_;
  std::uint64_t id_ = 0;
  bool complete_ = false;
};

// A client's connection or, without `ssl`, a socket to the KDC.
struct Peer {
  int fd = -1;
  SSL* ssl = nullptr;
  Peer* other = nullptr;  // while an exchange lasts
  std::string input{};
  bool last = false;  // the connection ends with the answer
  std::unique_ptr<Reader> reader{};
};

class Floor {
 public:
  explicit Floor(std::map<std::string, std::string> options)
      : kdc_(options["--kdc"]),
        tcp_(options["--tcp"]),
        message_(message_of(options["--message"])),
        ctx_(tls_context(options["--cert"], options["--key"])),
        epoll_(::epoll_create1(0)) {
    listener_.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    set(listener_.fd, SOL_SOCKET, SO_REUSEADDR);
    set(listener_.fd, IPPROTO_TCP, TCP_NODELAY);  // an accepted socket inherits it
    if (const auto& file = options["--log"]; !file.empty()) {
      ferryman::telemetry::LogOptions how;
      how.format = ferryman::telemetry::Format::json;
      how.destination = ferryman::telemetry::Destination::file;
      how.file = file;
      log_ = std::make_unique<ferryman::telemetry::Log>(how);
    }
    if (!at_loopback(::bind, listener_.fd, options["PORT"]) || ::listen(listener_.fd, 4096) != 0)
      fail("the port");
    watch(listener_, EPOLLIN);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    while (true) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        auto& peer = *static_cast<Peer*>(events[i].data.ptr);
        if (&peer == &listener_) {
          accept();
        } else if (peer.fd >= 0) {
          peer.ssl != nullptr ? serve(peer) : hear(peer);
        }
      }
      dropped_.clear();
    }
  }

 private:
  void watch(Peer& peer, std::uint32_t events = EPOLLIN | EPOLLET) const {
    epoll_event event{events, {&peer}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.fd, &event) != 0) fail("epoll_ctl");
  }

  void accept() {
    const int fd = ::accept4(listener_.fd, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) return;
    auto* const client = new Peer{fd, SSL_new(ctx_)};
    if (log_) client->reader = std::make_unique<Reader>();
    SSL_set_fd(client->ssl, fd);
    SSL_set_accept_state(client->ssl);
    watch(*client);
  }

  // Without a read that can only yield EAGAIN: what comes later is another event.
  void serve(Peer& client) {
    if (SSL_is_init_finished(client.ssl) == 0) {
      const int done = SSL_do_handshake(client.ssl);
      if (done <= 0) return drop_unless_waiting(client, done);
      if (SSL_has_pending(client.ssl) == 0) {
        if (SSL_get_num_tickets(client.ssl) == 0) set(client.fd, IPPROTO_TCP, TCP_QUICKACK);
        return;
      }
    }
    do {
      const int got = SSL_read(client.ssl, buffer_.data(), buffer_.size());
      if (got <= 0) return drop_unless_waiting(client, got);
      const ferryman::Bytes input(reinterpret_cast<const std::uint8_t*>(buffer_.data()),
                                  static_cast<std::size_t>(got));
      if (client.reader) {
        if (const auto message = client.reader->receive(input)) ask(client, *message);
        continue;
      }
      client.input.append(buffer_.data(), static_cast<std::size_t>(got));
      if (client.other == nullptr && take_request(client)) ask(client, ferryman::as_bytes(message_));
    } while (SSL_has_pending(client.ssl) == 1);
  }

  void drop_unless_waiting(Peer& client, int result) {
    if (SSL_get_error(client.ssl, result) != SSL_ERROR_WANT_READ) drop(client);
  }

  static bool take_request(Peer& client) {
    const auto end = client.input.find("\r\n\r\n"), length = client.input.find("ength: ");  // in either case
    if (end == std::string::npos || length > end) return false;
    if (client.input.size() < end + 4 + std::strtoul(&client.input[length + 7], nullptr, 10)) return false;
    client.last =
        client.input.find("HTTP/1.0\r\n") < end || client.input.find("\r\nConnection: close\r\n") <= end;
    client.input.clear();
    return true;
  }

  void ask(Peer& client, ferryman::Bytes message) {
    const bool anew = idle_.empty();
    if (anew) idle_.push_back(new Peer{::socket(AF_INET, tcp_.empty() ? SOCK_DGRAM : SOCK_STREAM, 0)});
    Peer* const kdc = idle_.back();
    idle_.pop_back();
    if (anew && !at_loopback(::connect, kdc->fd, kdc_)) fail("the KDC");
    kdc->other = &client;
    client.other = kdc;
    send(*kdc, message);
    if (anew) watch(*kdc);  // which also tells of a failure to send
  }

  void send(const Peer& kdc, ferryman::Bytes message) const {
    if (tcp_.empty()) {
      ::send(kdc.fd, message.data(), message.size(), MSG_NOSIGNAL);
      return;
    }
    const auto size = static_cast<std::uint16_t>(message.size());
    std::array<char, 4> length{0, 0, static_cast<char>(size >> 8), static_cast<char>(size)};
    std::array<iovec, 2> parts{
        {{length.data(), length.size()}, {const_cast<std::uint8_t*>(message.data()), message.size()}}};
    msghdr all{};
    all.msg_iov = parts.data();
    all.msg_iovlen = parts.size();
    ::sendmsg(kdc.fd, &all, MSG_NOSIGNAL);
  }

  void hear(Peer& kdc) {
    const auto got = ::recv(kdc.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0 || kdc.other == nullptr) return drop(kdc);
    kdc.input.append(buffer_.data(), static_cast<std::size_t>(got));
    if (!tcp_.empty() && !whole(kdc.input)) return;
    Peer& client = *std::exchange(kdc.other, nullptr);
    client.other = nullptr;
    answer(client, kdc.input);
    kdc.input.clear();
    if (tcp_ == "closed") {
      constexpr linger none{1, 0};  // as ferrymand does: an RST costs less than a FIN
      ::setsockopt(kdc.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
      return drop(kdc);
    }
    idle_.push_back(&kdc);
  }

  static bool whole(const std::string& framed) {
    std::uint32_t size = 0;
    if (framed.size() >= sizeof size) std::memcpy(&size, framed.data(), sizeof size);
    return size != 0 && framed.size() >= sizeof size + ntohl(size);
  }

  void answer(Peer& client, const std::string& reply) {
    if (client.reader) return answer_and_tell(client, reply);
    output_ = "HTTP/1.1 200 OK\r\nContent-Type: application/kerberos\r\nContent-Length: ";
    output_ += std::to_string(reply.size()) + "\r\n\r\n" + reply;
    write(client, output_);
  }

  // What lies in output as the answer.
  void write(Peer& client, std::string_view output) {
    if (client.last) set(client.fd, IPPROTO_TCP, TCP_CORK);  // with close_notify and FIN in one packet
    if (SSL_write(client.ssl, output.data(), static_cast<int>(output.size())) <= 0) return drop(client);
    if (client.reader) client.reader->consume(output.size());
    if (!client.last) return;
    SSL_shutdown(client.ssl);
    drop(client);
  }

  void answer_and_tell(Peer& client, const std::string& reply) {
    const std::size_t prefix = tcp_.empty() ? 0 : 4;
    ferryman::gateway::RequestEvent event;
    const ferryman::Bytes output = client.reader->answer(ferryman::as_bytes(reply).subspan(prefix), event);
    client.last = client.reader->ends();
    event.id = "0-1";
    event.client = "127.0.0.1:50000";
    event.tls = SSL_get_version(client.ssl);
    event.kdc = "127.0.0.1:88";
    event.transport = tcp_.empty() ? "udp" : "tcp";
    event.tries = 1;
    ferryman::gateway::write(*log_, event);
    write(client, ferryman::as_text(output));
  }

  void drop(Peer& peer) {
    ERR_clear_error();
    SSL_free(peer.ssl);
    ::close(std::exchange(peer.fd, -1));
    std::erase(idle_, &peer);
    dropped_.emplace_back(&peer);
    if (peer.other == nullptr) return;
    peer.other->other = nullptr;
    drop(*std::exchange(peer.other, nullptr));
  }

  const std::string kdc_, tcp_, message_;
  SSL_CTX* const ctx_;
  const int epoll_;
  Peer listener_;
  std::vector<Peer*> idle_;                     // sockets to the KDC
  std::vector<std::unique_ptr<Peer>> dropped_;  // to which an event at hand may still point
  std::array<char, 65536> buffer_;
  std::string output_;
  std::unique_ptr<ferryman::telemetry::Log> log_;
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  if (argc < 10)
    bench::fail(
        "usage: PORT --cert FILE --key FILE --kdc PORT --message FILE [--tcp kept|closed] [--log FILE]");
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  std::map<std::string, std::string> options{{"PORT", argv[1]}};
  for (int i = 2; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  bench::Floor(std::move(options)).run();
}
