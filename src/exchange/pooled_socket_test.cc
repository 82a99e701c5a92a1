#include "exchange/pooled_socket.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/ip/udp.hpp>

namespace ferryman::exchange {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using TestSocket = PooledSocket<asio::basic_datagram_socket<udp, asio::io_context::executor_type>>;
using namespace std::chrono_literals;

struct Listener final : SocketReader {
  void on_readable(const void* pooled) override {
    ++told;
    from = pooled;
  }
  unsigned told = 0;
  const void* from = nullptr;
};

class PooledSocketTest : public ::testing::Test {
 protected:
  PooledSocketTest() {
    TestSocket::Socket socket(io, udp::endpoint(asio::ip::address_v4::loopback(), 0));
    socket.connect(kdc.local_endpoint());
    socket.non_blocking(true);
    pooled = TestSocket::make(std::move(socket), TestSocket::Clock::now());
  }
  void send() { kdc.send_to(asio::buffer("octets", 6), pooled->socket.local_endpoint()); }
  void read() {
    boost::system::error_code error;
    while (!error) pooled->socket.receive(asio::buffer(octets), 0, error);
  }
  void await(bool drained = true) { pooled->await(listener, drained); }
  // As often as there is something to do now.
  void turn() {
    io.restart();
    io.poll();
  }
  // Past what a new socket is told of without cause.
  void settle() {
    await();
    turn();
    listener->told = 0;
  }

  asio::io_context io{1};
  udp::socket kdc{io, udp::endpoint(asio::ip::address_v4::loopback(), 0)};
  TestSocket::Ptr pooled;
  std::array<char, 16> octets{};
  const boost::intrusive_ptr<Listener> listener{new Listener};
};

TEST_F(PooledSocketTest, TellsWhoWaitsOnce) {
  settle();
  await();
  send();
  turn();
  EXPECT_EQ(listener->told, 1U);
  EXPECT_EQ(listener->from, pooled.get());
  read();
  send();
  turn();
  EXPECT_EQ(listener->told, 1U);
}

TEST_F(PooledSocketTest, IsQuietAtRestUntilSomethingComes) {
  settle();
  pooled->rest(TestSocket::Clock::now());
  turn();
  EXPECT_TRUE(pooled->is_quiet());
  send();
  turn();
  EXPECT_FALSE(pooled->is_quiet());
  EXPECT_GE(pooled->disturbed().value(), pooled->rests_since);
  EXPECT_EQ(listener->told, 0U);
}

TEST_F(PooledSocketTest, IsQuietAfterAnEventOfWhatHasBeenRead) {
  settle();
  pooled->rest(TestSocket::Clock::now());
  send();
  read();
  turn();
  EXPECT_TRUE(pooled->is_quiet());
  send();
  turn();
  EXPECT_FALSE(pooled->is_quiet());
}

TEST_F(PooledSocketTest, TellsWhoWaitsAfterItRested) {
  settle();
  pooled->rest(TestSocket::Clock::now());
  turn();
  await();
  send();
  turn();
  EXPECT_EQ(listener->told, 1U);
}

TEST_F(PooledSocketTest, TellsOfWhatCameBeforeAnybodyWaited) {
  settle();
  pooled->rest(TestSocket::Clock::now());
  send();
  turn();
  await();
  turn();
  EXPECT_EQ(listener->told, 1U);
  read();
  pooled->rest(TestSocket::Clock::now());
  turn();
  EXPECT_TRUE(pooled->is_quiet()) << "since it rests anew";
}

TEST_F(PooledSocketTest, LetsGoOfWhoWaitsWhenItIsClosed) {
  await();
  EXPECT_EQ(listener->use_count(), 2U);
  pooled.reset();
  EXPECT_EQ(listener->use_count(), 1U);
  turn();
  EXPECT_EQ(listener->told, 0U);
}

}  // namespace
}  // namespace ferryman::exchange
