// A KDC that costs next to nothing: answers each AS-REQ and TGS-REQ with the same valid reply of about 1.4
// KB, anything else with a KRB-ERROR, over UDP and TCP at one port. One thread.
//
//   bench_kdc PORT [--delay-ms N] [--close] [--error]
//
// --delay-ms: each answer comes so much later; any number may wait. --close: TCP connections are closed after
// the answer, as MIT's KDC does. --error: KRB-ERROR to everything. SIGUSR1 switches the delay off and on.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace {

using Clock = std::chrono::steady_clock;

std::string tlv(int tag, const std::string& content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else if (content.size() < 0x100) {
    out += {'\x81', static_cast<char>(content.size())};
  } else {
    out += {'\x82', static_cast<char>(content.size() >> 8), static_cast<char>(content.size())};
  }
  return out + content;
}

std::string field(int number, const std::string& content) {
  return tlv(0xA0 | number, content);
}

std::string integer(char value) {
  return tlv(2, std::string(1, value));
}

std::string text(const std::string& value) {
  return tlv(0x1B, value);
}

std::string principal(char type, const std::string& components) {
  return tlv(0x30, field(0, integer(type)) + field(1, tlv(0x30, components)));
}

std::string encrypted(std::size_t size) {
  return tlv(0x30, field(0, integer(18)) + field(1, integer(1)) + field(2, tlv(4, std::string(size, 'x'))));
}

constexpr char realm[] = "BENCH.TEST";

// AS-REP (11) or TGS-REP (13), RFC 4120 5.4.2. Below 1400 octets, which ferrymand takes for what fits UDP.
std::string kdc_rep(char number) {
  const std::string krbtgt = principal(2, text("krbtgt") + text(realm));
  const std::string ticket = tlv(0x61, tlv(0x30, field(0, integer(5)) + field(1, text(realm)) +
                                                     field(2, krbtgt) + field(3, encrypted(896))));
  return tlv(0x60 | number, tlv(0x30, field(0, integer(5)) + field(1, integer(number)) +
                                          field(3, text(realm)) + field(4, principal(1, text("alice"))) +
                                          field(5, ticket) + field(6, encrypted(320))));
}

// KDC_ERR_PREAUTH_REQUIRED, RFC 4120 5.9.1.
std::string krb_error() {
  const std::string krbtgt = principal(2, text("krbtgt") + text(realm));
  return tlv(0x7E,
             tlv(0x30, field(0, integer(5)) + field(1, integer(30)) + field(4, tlv(0x18, "20260101000000Z")) +
                           field(5, integer(0)) + field(6, integer(25)) + field(9, text(realm)) +
                           field(10, krbtgt) + field(12, tlv(4, std::string(100, '\0')))));
}

volatile std::sig_atomic_t at_once = 0;

struct Options {
  std::uint16_t port = 0;
  std::chrono::milliseconds delay{0};
  bool close = false;
  bool error = false;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

class Kdc {
 public:
  explicit Kdc(const Options& options)
      : options_(options),
        udp_(bind_at(SOCK_DGRAM)),
        tcp_(bind_at(SOCK_STREAM)),
        epoll_(::epoll_create1(0)),
        as_rep_(kdc_rep(11)),
        tgs_rep_(kdc_rep(13)),
        error_(krb_error()) {
    if (::listen(tcp_, 4096) != 0) fail("listen");
    watch(udp_);
    watch(tcp_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    while (true) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), time_to_next());
      answer_due();
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (fd == udp_) {
          receive();
        } else if (fd == tcp_) {
          accept();
        } else {
          read(fd);
        }
      }
    }
  }

 private:
  struct Connection {
    std::string input;
    std::uint64_t number = 0;  // tells a descriptor's connections apart
  };

  struct Waiting {
    Clock::time_point due;
    const std::string* reply;
    sockaddr_in client;  // of a datagram
    int fd;              // of a connection, or -1
    std::uint64_t number;
  };

  int bind_at(int type) const {
    const int fd = ::socket(AF_INET, type | SOCK_NONBLOCK, 0);
    constexpr int buffer = 256 << 20, yes = 1;
    if (type == SOCK_DGRAM) {
      if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
      if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer) != 0)
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    } else {
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(options_.port);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
    return fd;
  }

  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }

  int time_to_next() const {
    if (waiting_.empty()) return -1;
    const auto left = waiting_.front().due - Clock::now();
    if (left <= Clock::duration::zero()) return 0;
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
  }

  const std::string& reply_to(std::string_view message) const {
    if (!options_.error && message.substr(0, 1) == "\x6A") return as_rep_;
    if (!options_.error && message.substr(0, 1) == "\x6C") return tgs_rep_;
    return error_;
  }

  void take(const Waiting& one) {
    if (options_.delay.count() == 0 || at_once != 0) {
      answer(one);
    } else {
      waiting_.push_back(one);
      waiting_.back().due = Clock::now() + options_.delay;
    }
  }

  void answer_due() {
    const auto now = Clock::now();
    while (!waiting_.empty() && waiting_.front().due <= now) {
      answer(waiting_.front());
      waiting_.pop_front();
    }
  }

  void answer(const Waiting& one) {
    if (one.fd < 0) {
      ::sendto(udp_, one.reply->data(), one.reply->size(), 0, reinterpret_cast<const sockaddr*>(&one.client),
               sizeof one.client);
      return;
    }
    const auto found = connections_.find(one.fd);
    if (found == connections_.end() || found->second.number != one.number) return;
    const std::uint32_t size = htonl(static_cast<std::uint32_t>(one.reply->size()));
    std::string framed(reinterpret_cast<const char*>(&size), sizeof size);
    framed += *one.reply;
    const auto sent = ::send(one.fd, framed.data(), framed.size(), MSG_NOSIGNAL);
    if (options_.close || sent != static_cast<ssize_t>(framed.size())) drop(one.fd);
  }

  void receive() {
    for (int i = 0; i < 64; ++i) {
      std::array<char, 65536> buffer;
      Waiting one{};
      one.fd = -1;
      socklen_t size = sizeof one.client;
      const auto got =
          ::recvfrom(udp_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&one.client), &size);
      if (got <= 0) return;
      one.reply = &reply_to({buffer.data(), static_cast<std::size_t>(got)});
      take(one);
    }
  }

  void accept() {
    int fd;
    while ((fd = ::accept4(tcp_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
      constexpr int yes = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      connections_[fd].number = ++accepted_;
      watch(fd);
      read(fd);
    }
  }

  void read(int fd) {
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    std::array<char, 65536> buffer;
    const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return drop(fd);
    std::string& input = found->second.input;
    input.append(buffer.data(), static_cast<std::size_t>(got));
    while (connections_.contains(fd) && input.size() >= 4) {
      std::uint32_t size;
      std::memcpy(&size, input.data(), sizeof size);
      size = ntohl(size);
      if (input.size() - 4 < size) return;
      Waiting one{};
      one.fd = fd;
      one.number = found->second.number;
      one.reply = &reply_to(std::string_view(input).substr(4));
      input.erase(0, 4 + std::size_t{size});
      take(one);
    }
  }

  void drop(int fd) {
    connections_.erase(fd);
    ::close(fd);
  }

  const Options options_;
  const int udp_, tcp_, epoll_;
  const std::string as_rep_, tgs_rep_, error_;
  std::unordered_map<int, Connection> connections_;
  std::uint64_t accepted_ = 0;
  std::deque<Waiting> waiting_;  // in the order of their due times, as all wait for the same time
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--close") {
      options.close = true;
    } else if (argument == "--error") {
      options.error = true;
    } else if (argument == "--delay-ms" && i + 1 < argc) {
      options.delay = std::chrono::milliseconds(std::atoi(argv[++i]));
    } else {
      options.port = static_cast<std::uint16_t>(std::atoi(argv[i]));
    }
  }
  if (options.port == 0) {
    std::fprintf(stderr, "usage: bench_kdc PORT [--delay-ms N] [--close] [--error]\n");
    return EXIT_FAILURE;
  }
  std::signal(SIGUSR1, [](int) { at_once = 1 - at_once; });
  Kdc(options).run();
}
