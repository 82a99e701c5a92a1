// A client that does what h2load does not. Prints JSON.
//
//   bench_load MODE PORT --body FILE [--requests N] [--connections C] [--threads T] [--warm 0]
//
// fresh: a new connection for each request as MIT's client makes them: HTTP/1.0, full handshake, reads to
// EOF.
//
// closing: the same with HTTP/1.1, ALPN and "Connection: close", and a reset once the answer is there.
//
// resumed: as fresh, with HTTP/1.1, ALPN and a session that was given to a kept connection before.
//
// kept: one kept connection, one request after the other: latencies.
//
// direct: the body as it is over UDP to a KDC, one after the other: latencies.
//
// burst: C kept connections, one request each before. Prints "ready" and waits for a line (at EOF it ends),
// then sends N requests at once and prints each one's latency from when it was sent.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "connection.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string_view mode;
  std::uint16_t port = 0;
  std::string body;
  int requests = 1000, connections = 1, threads = 4, warm = 1;
};

struct Result {
  std::atomic<int> answered{0}, failed{0}, resumed{0};
  std::vector<double> latencies;  // microseconds
  double seconds = 0;
};

std::string http(const Options& options, std::string_view version, std::string_view more = "") {
  return "POST /KdcProxy HTTP/" + std::string(version) +
         "\r\nHost: localhost:" + std::to_string(options.port) +
         "\r\nCache-Control: no-cache\r\nPragma: no-cache\r\nUser-Agent: kerberos/1.0\r\n"
         "Content-type: application/kerberos\r\nContent-Length: " +
         std::to_string(options.body.size()) + "\r\n" + std::string(more) + "\r\n" + options.body;
}

double microseconds(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

void note(const Failed& failed) {
  static std::atomic<int> noted{0};
  if (noted++ < 3) std::fprintf(stderr, "bench_load: %s\n", failed.what());
}

// Calls work(number) from 0 to count - 1, by several threads.
void share(int count, int threads, const std::function<void(int)>& work) {
  std::atomic<int> next{0};
  std::vector<std::jthread> pool;
  for (int i = 0; i < threads; ++i) {
    pool.emplace_back([&] {
      for (int number; (number = next++) < count;) work(number);
    });
  }
}

void connect_anew(const Options& options, const Client& client, const std::string& request, bool resume,
                  Result& result) {
  share(options.requests, options.threads, [&](int) {
    try {
      Connection connection(client, resume);
      if (connection.resumed()) ++result.resumed;
      connection.send(request);
      connection.read_to_end();
      ++result.answered;
    } catch (const Failed& failed) {
      note(failed);
      ++result.failed;
    }
  });
}

void fresh(const Options& options, Result& result) {
  const Client client(options.port, "");
  connect_anew(options, client, http(options, "1.0"), false, result);
}

void resumed(const Options& options, Result& result) {
  const Client client(options.port, "http/1.1");
  {
    Connection first(client, false);
    for (int tries = 0; tries < 20 && !client.has_session(); ++tries) {
      first.send(http(options, "1.1"));
      first.read_answer();
    }
  }
  if (!client.has_session()) throw Failed("no session ticket");
  connect_anew(options, client, http(options, "1.1", "Connection: close\r\n"), true, result);
}

void closing(const Options& options, Result& result) {
  const Client client(options.port, "http/1.1");
  const std::string request = http(options, "1.1", "Connection: close\r\n");
  share(options.requests, options.threads, [&](int) {
    try {
      Connection connection(client, false);
      connection.send(request);
      connection.read_answer();
      ++result.answered;
    } catch (const Failed& failed) {
      note(failed);
      ++result.failed;
    }
  });
}

void kept(const Options& options, Result& result) {
  const Client client(options.port, "http/1.1");
  const std::string request = http(options, "1.1");
  Connection connection(client, false);
  for (int i = 0; i < options.requests; ++i) {
    const auto begun = Clock::now();
    connection.send(request);
    connection.read_answer();
    result.latencies.push_back(microseconds(Clock::now() - begun));
    ++result.answered;
  }
}

void direct(const Options& options, Result& result) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  constexpr timeval patience{2, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(options.port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw Failed("connect");
  std::array<char, 65536> buffer;
  for (int i = 0; i < options.requests; ++i) {
    const auto begun = Clock::now();
    ::send(fd, options.body.data(), options.body.size(), 0);
    if (::recv(fd, buffer.data(), buffer.size(), 0) <= 0) throw Failed("no answer");
    result.latencies.push_back(microseconds(Clock::now() - begun));
    ++result.answered;
  }
  ::close(fd);
}

class Burst {
 public:
  Burst(const Options& options, Result& result)
      : options_(options),
        result_(result),
        client_(options.port, "http/1.1"),
        request_(http(options, "1.1")),
        places_(static_cast<std::size_t>(options.connections)) {}

  void run() {
    connect();
    std::printf("ready\n");
    std::fflush(stdout);
    if (std::getchar() == EOF) std::_Exit(EXIT_SUCCESS);  // without closing one by one
    const int epoll = watch();
    left_ = options_.requests;
    for (auto& place : places_) send(place);
    std::array<epoll_event, 256> events;
    const auto deadline = Clock::now() + std::chrono::seconds(30);
    while (open_ > 0 && Clock::now() < deadline) {
      const int count = ::epoll_wait(epoll, events.data(), events.size(), 1000);
      for (int i = 0; i < count; ++i) receive(places_[events[i].data.u32]);
    }
    result_.failed += open_;
  }

 private:
  struct Place {
    std::unique_ptr<Connection> connection;
    Clock::time_point sent;
    bool waits = false;
  };

  void connect() {
    share(options_.connections, options_.threads, [this](int number) {
      auto& place = places_[static_cast<std::size_t>(number)];
      place.connection = std::make_unique<Connection>(client_, false);
      if (options_.warm != 0) {
        place.connection->send(request_);
        place.connection->read_answer();
      }
      place.connection->set_nonblocking();
    });
  }

  int watch() {
    const int epoll = ::epoll_create1(0);
    for (std::uint32_t i = 0; i < places_.size(); ++i) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = i;
      ::epoll_ctl(epoll, EPOLL_CTL_ADD, places_[i].connection->descriptor(), &event);
    }
    return epoll;
  }

  void send(Place& place) {
    if (left_ == 0) return;
    --left_;
    ++open_;
    place.waits = true;
    place.sent = Clock::now();
    place.connection->send(request_);
  }

  void receive(Place& place) {
    if (!place.connection) return;
    try {
      if (!place.connection->read_answer()) return;
      result_.latencies.push_back(microseconds(Clock::now() - place.sent));
      ++result_.answered;
      --open_;
      place.waits = false;
      send(place);
    } catch (const Failed& failed) {
      note(failed);
      if (place.waits) {
        --open_;
        ++result_.failed;
      }
      place.connection.reset();
    }
  }

  const Options& options_;
  Result& result_;
  const Client client_;
  const std::string request_;
  std::vector<Place> places_;
  int left_ = 0, open_ = 0;
};

void burst(const Options& options, Result& result) {
  Burst(options, result).run();
}

void print(Result& result) {
  auto& latencies = result.latencies;
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double part) {
    if (latencies.empty()) return 0.0;
    return latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))];
  };
  std::printf(
      "{\"answered\": %d, \"failed\": %d, \"resumed\": %d, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": "
      "%.1f, "
      "\"max_us\": %.1f}\n",
      result.answered.load(), result.failed.load(), result.resumed.load(), result.seconds, at(0.5), at(0.99),
      at(1));
}

Options read_options(int argc, char** argv) {
  if (argc < 3)
    throw Failed("usage: bench_load MODE PORT --body FILE [--requests N] [--connections C] [--threads T]");
  Options options;
  options.mode = argv[1];
  options.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  for (int i = 3; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--body") {
      std::ifstream file(argv[i + 1], std::ios::binary);
      options.body.assign(std::istreambuf_iterator<char>(file), {});
      if (!file || options.body.empty()) throw Failed("the body cannot be read");
    } else if (name == "--requests") {
      options.requests = std::atoi(argv[i + 1]);
    } else if (name == "--connections") {
      options.connections = std::atoi(argv[i + 1]);
    } else if (name == "--warm") {
      options.warm = std::atoi(argv[i + 1]);
    } else if (name == "--threads") {
      options.threads = std::atoi(argv[i + 1]);
    } else {
      throw Failed("unknown option " + std::string(name));
    }
  }
  return options;
}

void run(const Options& options) {
  constexpr std::array<std::pair<std::string_view, void (*)(const Options&, Result&)>, 6> modes{
      {{"fresh", fresh},
       {"closing", closing},
       {"resumed", resumed},
       {"kept", kept},
       {"direct", direct},
       {"burst", burst}}};
  const auto* const mode =
      std::find_if(modes.begin(), modes.end(), [&](const auto& one) { return one.first == options.mode; });
  if (mode == modes.end()) throw Failed("unknown mode");
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  Result result;
  const auto begun = Clock::now();
  mode->second(options, result);
  result.seconds = microseconds(Clock::now() - begun) / 1e6;
  print(result);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) try {
  std::signal(SIGPIPE, SIG_IGN);
  bench::run(bench::read_options(argc, argv));
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_load: %s\n", error.what());
  return EXIT_FAILURE;
}
