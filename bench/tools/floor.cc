// The least that a server with OpenSSL does for an exchange, to tell a gateway's own costs from those of the
// kernel and of TLS. One thread, epoll, each descriptor registered once.
//
//   bench_floor PORT --cert FILE --key FILE --kdc PORT --message FILE [--tcp kept|closed]
//
// Of a request it only finds whether all has come. FILE's Kerberos message goes to the KDC instead, over UDP
// or TCP, and what comes back is the answer's body. No log, limits, time-outs nor pipelining: for the bench
// alone.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

std::string message_for_kdc(const std::string& name, bool framed) {
  std::ifstream file(name, std::ios::binary);
  const std::string message(std::istreambuf_iterator<char>(file), {});
  if (message.empty()) fail("the message");
  const auto size = static_cast<std::uint16_t>(message.size());
  const std::string length{0, 0, static_cast<char>(size >> 8), static_cast<char>(size)};
  return framed ? length + message : message;
}

// A client's connection or, without `ssl`, a socket to the KDC.
struct Peer {
  int fd = -1;
  SSL* ssl = nullptr;
  Peer* other = nullptr;  // while an exchange lasts
  std::string input{};
  bool last = false;  // the connection ends with the answer
};

class Floor {
 public:
  explicit Floor(std::map<std::string, std::string> options)
      : kdc_(options["--kdc"]),
        tcp_(options["--tcp"]),
        message_(message_for_kdc(options["--message"], !tcp_.empty())),
        ctx_(tls_context(options["--cert"], options["--key"])),
        epoll_(::epoll_create1(0)) {
    listener_.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    set(listener_.fd, SOL_SOCKET, SO_REUSEADDR);
    set(listener_.fd, IPPROTO_TCP, TCP_NODELAY);  // an accepted socket inherits it
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
    SSL_set_fd(client->ssl, fd);
    SSL_set_accept_state(client->ssl);
    watch(*client);
  }

  // Without a read that can only yield EAGAIN: what comes later is another event.
  void serve(Peer& client) {
    if (SSL_is_init_finished(client.ssl) == 0) {
      const int done = SSL_do_handshake(client.ssl);
      if (done <= 0) return drop_unless_waiting(client, done);
      if (SSL_get_num_tickets(client.ssl) == 0) set(client.fd, IPPROTO_TCP, TCP_QUICKACK);
      if (SSL_has_pending(client.ssl) == 0) return;
    }
    do {
      const int got = SSL_read(client.ssl, buffer_.data(), buffer_.size());
      if (got <= 0) return drop_unless_waiting(client, got);
      client.input.append(buffer_.data(), static_cast<std::size_t>(got));
      if (client.other == nullptr && take_request(client)) ask(client);
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

  void ask(Peer& client) {
    const bool anew = idle_.empty();
    if (anew) idle_.push_back(new Peer{::socket(AF_INET, tcp_.empty() ? SOCK_DGRAM : SOCK_STREAM, 0)});
    Peer* const kdc = idle_.back();
    idle_.pop_back();
    if (anew && !at_loopback(::connect, kdc->fd, kdc_)) fail("the KDC");
    kdc->other = &client;
    client.other = kdc;
    ::send(kdc->fd, message_.data(), message_.size(), MSG_NOSIGNAL);
    if (anew) watch(*kdc);  // which also tells of a failure to send
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
    output_ = "HTTP/1.1 200 OK\r\nContent-Type: application/kerberos\r\nContent-Length: ";
    output_ += std::to_string(reply.size()) + "\r\n\r\n" + reply;
    if (client.last) set(client.fd, IPPROTO_TCP, TCP_CORK);  // with close_notify and FIN in one packet
    if (SSL_write(client.ssl, output_.data(), static_cast<int>(output_.size())) <= 0) return drop(client);
    if (!client.last) return;
    SSL_shutdown(client.ssl);
    drop(client);
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
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  if (argc < 10)
    bench::fail("usage: PORT --cert FILE --key FILE --kdc PORT --message FILE [--tcp kept|closed]");
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  std::map<std::string, std::string> options{{"PORT", argv[1]}};
  for (int i = 2; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  bench::Floor(std::move(options)).run();
}
