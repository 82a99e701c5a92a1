#include "net/server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "net/test_handler.h"

namespace ferryman::net {
namespace {

using namespace std::chrono_literals;

class Client {
 public:
  // host: the last octet of its address.
  explicit Client(std::uint16_t port, std::uint8_t host = 1)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof own), 0);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.sin_port = htons(port);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&server), sizeof server), 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { leave(); }

  void post(std::string_view more = {}) {
    const std::string text =
        "POST /KdcProxy HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n" + std::string(more) + "\r\nhi";
    EXPECT_EQ(::send(socket_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  // What has come; "end" once the server has closed.
  std::string got() {
    std::array<char, 1000> text;
    const ssize_t size = ::recv(socket_, text.data(), text.size(), MSG_DONTWAIT);
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : size == 0 ? "end" : "";
  }
  // Half a request, and then no more.
  void break_off() {
    EXPECT_EQ(::send(socket_, "POST /", 6, 0), 6);
    leave();
  }
  // With an RST.
  void reset() {
    const linger none{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    leave();
  }

 private:
  void leave() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  int socket_;
};

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener, 16), 0);
    ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    server_ = std::make_unique<Server>(io_, handler_, count_, clients_);
    server_->configure(std::make_shared<ConnectionConfig>());
    server_->listen(listener, {false, {}, {}, false, {}});
  }
  void TearDown() override {
    handler_.calls.clear();  // they hold connections
    if (!server_) return;
    server_->abort();
    turn();
    EXPECT_EQ(count_, 0U);
  }

  void run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (!done() && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_one_for(10ms);
    }
    EXPECT_TRUE(done());
  }
  void allow(std::uint32_t connections) {
    auto config = std::make_shared<ConnectionConfig>();
    config->limits.max_connections = connections;
    config->limits.client.exempt = {};
    server_->configure(config);
  }
  // That many requests have come.
  void await_calls(std::size_t number) {
    run_until([&] { return handler_.calls.size() == number; });
  }
  void respond(std::size_t call) { handler_.calls.at(call)->respond({}); }
  void turn() {
    io_.restart();
    io_.poll();
  }

  boost::asio::io_context io_;
  Keeper handler_;
  std::atomic<std::uint32_t> count_{0};
  ClientTable clients_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Server> server_;
};

constexpr std::string_view ok = "HTTP/1.1 200";

TEST_F(ServerTest, AnswersAtTheEndOfTheTurn) {
  Client a(port_), b(port_);
  a.post();
  b.post();
  await_calls(2);
  respond(1);
  respond(0);
  EXPECT_EQ(a.got() + b.got(), "");
  turn();
  EXPECT_EQ(a.got().substr(0, ok.size()), ok);
  EXPECT_EQ(b.got().substr(0, ok.size()), ok);
  a.post();
  await_calls(3);
  respond(2);
  turn();
  EXPECT_EQ(a.got().substr(0, ok.size()), ok);
}

TEST_F(ServerTest, ClientsThatHaveGoneCostTheOthersNothing) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(std::make_unique<Client>(port_));
  for (const auto& client : clients) client->post();
  await_calls(5);
  for (std::size_t i = 0; i < 5; ++i) respond(i);
  for (const std::size_t i : {0, 2, 4}) clients[i]->reset();  // first, in the middle, last of those to answer
  turn();
  EXPECT_EQ(clients[1]->got().substr(0, ok.size()), ok);
  EXPECT_EQ(clients[3]->got().substr(0, ok.size()), ok);
  run_until([&] { return count_ == 2; });
}

TEST_F(ServerTest, NoticesTheEndThatComesWithHalfARequest) {
  Client client(port_);
  client.post();
  await_calls(1);
  respond(0);
  turn();
  client.break_off();
  run_until([&] { return count_ == 0; });
}

TEST_F(ServerTest, ClosesOnesThatAreToAnswer) {
  Client a(port_), b(port_);
  a.post();
  b.post();
  await_calls(2);
  respond(0);
  respond(1);
  server_->abort();
  EXPECT_EQ(count_, 0U);
  handler_.calls.clear();
  turn();
  EXPECT_EQ(a.got(), "end");
  EXPECT_EQ(b.got(), "end");
}

TEST_F(ServerTest, EndsWithOnesThatAreToAnswer) {
  Client client(port_);
  client.post();
  await_calls(1);
  respond(0);
  server_.reset();
  handler_.calls.clear();
}

TEST_F(ServerTest, AnswersWhatWasLeftWhenMemoryWasOut) {
  Client client(port_);
  client.post();
  await_calls(1);
  respond(0);
  server_->recover();
  EXPECT_EQ(client.got().substr(0, ok.size()), ok);
}

TEST_F(ServerTest, TheClientWithMostConnectionsMakesRoomForAnother) {
  allow(4);
  Client lone(port_, 2);
  run_until([&] { return count_ == 1; });
  Client first(port_), second(port_), third(port_);
  run_until([&] { return count_ == 4; });
  second.post();
  await_calls(1);
  Client newcomer(port_, 3);
  newcomer.post();
  await_calls(2);
  EXPECT_EQ(first.got(), "end");
  EXPECT_EQ(lone.got() + second.got() + third.got(), "");
  EXPECT_EQ(handler_.violations, std::vector<std::string>{"idle_made_room"});
}

TEST_F(ServerTest, NobodyMakesRoomForAClientThatHasMore) {
  allow(3);
  Client lone(port_, 2);
  run_until([&] { return count_ == 1; });
  Client first(port_), second(port_);
  first.post();
  second.post();
  await_calls(2);
  Client another(port_);
  run_until([&] { return another.got() == "end"; });
  EXPECT_EQ(lone.got(), "");
  EXPECT_EQ(handler_.violations, std::vector<std::string>{"max_connections"});
}

TEST_F(ServerTest, DrainsWhatIsToAnswer) {
  Client last(port_), other(port_);
  last.post("Connection: close\r\n");
  other.post();
  await_calls(2);
  respond(0);
  respond(1);
  int drained = 0;
  server_->drain([&] { ++drained; });
  turn();
  for (Client* client : {&last, &other}) {
    EXPECT_EQ(client->got().substr(0, ok.size()), ok);
    EXPECT_EQ(client->got(), "end");
    client->reset();
  }
  run_until([&] { return drained > 0; });
  turn();
  EXPECT_EQ(drained, 1);
}

}  // namespace
}  // namespace ferryman::net
