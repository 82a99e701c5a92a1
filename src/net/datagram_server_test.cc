#include "net/datagram_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "net/listen_socket.h"
#include "net/test_handler.h"

namespace ferryman::net {
namespace {

using namespace std::chrono_literals;

// A connected socket, which takes datagrams from where it sends to and nowhere else.
class Client {
 public:
  Client(const char* server, std::uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, server, &address.sin_addr);
    address.sin_port = htons(port);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(socket_); }

  void send(const std::string& text) {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  // What has come; "" for nothing.
  std::string got() {
    std::array<char, 2000> text;
    const ssize_t size = ::recv(socket_, text.data(), text.size(), MSG_DONTWAIT);
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "";
  }

 private:
  int socket_;
};

class DatagramServerTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto opened = open_datagram_sockets({GetParam(), 0, {}}, 1);
    if (!opened && opened.error().no_such_family) GTEST_SKIP() << "no IPv6 here";
    ASSERT_TRUE(opened) << opened.error().text;
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(opened->descriptors[0], reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = peer_endpoint(address).port();
    server_->configure(std::make_shared<ConnectionConfig>());
    server_->listen(opened->descriptors[0]);
  }
  void TearDown() override {
    handler_.calls.clear();
    server_->abort();
    turn();
  }

  void run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (!done() && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_one_for(10ms);
    }
    EXPECT_TRUE(done());
  }
  void await_calls(std::size_t number) {
    run_until([&] { return handler_.calls.size() == number; });
  }
  void respond(std::size_t call, std::string_view text) {
    http::Response response;
    response.body_head = as_bytes("re:");
    response.body = as_bytes(text);
    handler_.calls.at(call)->respond(response);
  }
  void turn() {
    io_.restart();
    io_.poll();
  }

  boost::asio::io_context io_;
  Keeper handler_;
  std::unique_ptr<DatagramServer> server_ = std::make_unique<DatagramServer>(io_, handler_);
  std::uint16_t port_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Families, DatagramServerTest, testing::Values("0.0.0.0", "::"));

TEST_P(DatagramServerTest, AnswersFromTheAddressThatWasAsked) {
  Client first("127.0.0.1", port_), second("127.0.0.77", port_);
  first.send("one");
  await_calls(1);
  second.send("two");
  await_calls(2);
  EXPECT_EQ(as_text(handler_.calls[1]->body()), "two");
  const Peer& peer = handler_.calls[1]->peer();
  EXPECT_EQ(peer.address.substr(0, 10), "127.0.0.1:");  // where the kernel sends from
  EXPECT_EQ(peer.transport, local::Transport::udp);
  respond(1, "two");
  respond(0, "one");
  EXPECT_EQ(first.got(), "re:one");
  EXPECT_EQ(second.got(), "re:two");
}

TEST_P(DatagramServerTest, PassesOverARepeatedDatagramWhileItIsInWork) {
  Client client("127.0.0.1", port_), other("127.0.0.1", port_);
  client.send("one");
  client.send("one");
  other.send("one");
  client.send("two");
  await_calls(3);
  turn();
  EXPECT_EQ(handler_.calls.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) respond(i, as_text(handler_.calls[i]->body()));
  EXPECT_EQ(client.got(), "re:one");
  EXPECT_EQ(client.got(), "re:two");
  client.send("one");  // and may ask again when it has been answered
  await_calls(4);
}

TEST_P(DatagramServerTest, GivesNoAnswerToWhatIsDroppedEmptyOrTooLarge) {
  auto config = std::make_shared<ConnectionConfig>();
  config->http.max_body = 1000;
  server_->configure(config);
  Client client("127.0.0.1", port_);
  client.send("");
  client.send(std::string(1001, 'x'));
  client.send("dropped");
  await_calls(1);
  EXPECT_EQ(handler_.violations, std::vector<std::string>{"body_too_large"});
  handler_.calls[0]->drop();
  respond(0, "late");
  EXPECT_EQ(client.got(), "");
}

TEST_P(DatagramServerTest, ReadsWhatHasComeWhenItIsDrainedAndAnswersIt) {
  Client client("127.0.0.1", port_);
  client.send("one");
  client.send("two");
  server_->drain();
  ASSERT_EQ(handler_.calls.size(), 2U);
  client.send("three");
  turn();
  EXPECT_EQ(handler_.calls.size(), 2U);
  respond(0, "one");
  EXPECT_EQ(client.got(), "re:one");
  server_->abort();
  respond(1, "two");
  EXPECT_EQ(client.got(), "");
}

TEST_P(DatagramServerTest, LetsAClientThatIsOnlyClaimedUseNothingOfAProvenOne) {
  auto config = std::make_shared<ConnectionConfig>();
  config->limits.client.exempt.clear();
  server_->configure(config);
  Client("127.0.0.1", port_).send("one");
  await_calls(1);
  const auto address = boost::asio::ip::make_address("127.0.0.1");
  EXPECT_EQ(handler_.calls[0]->peer().client, claimed_client_key(address, config->limits.client));
  EXPECT_NE(handler_.calls[0]->peer().client, client_key(address, config->limits.client));
}

TEST(ClaimedClientKey, IsExemptOnlyAtTheHostItself) {
  const auto address = [](const char* text) { return boost::asio::ip::make_address(text); };
  ClientLimits limits;
  limits.exempt.push_back(*Network::parse("192.0.2.0/24"));
  EXPECT_EQ(client_key(address("192.0.2.1"), limits), 0U);
  EXPECT_NE(claimed_client_key(address("192.0.2.1"), limits), 0U);
  EXPECT_EQ(claimed_client_key(address("::ffff:192.0.2.1"), limits),
            claimed_client_key(address("192.0.2.1"), limits));
  EXPECT_EQ(claimed_client_key(address("127.0.0.1"), limits), 0U);
  EXPECT_EQ(claimed_client_key(address("::ffff:127.0.0.1"), limits), 0U);
  limits.exempt.clear();
  EXPECT_NE(claimed_client_key(address("127.0.0.1"), limits), 0U);
}

}  // namespace
}  // namespace ferryman::net
