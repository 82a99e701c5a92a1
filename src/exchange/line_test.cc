#include "exchange/line.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/ip/udp.hpp>

namespace ferryman::exchange {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using TestLine = Line<asio::basic_datagram_socket<udp, asio::io_context::executor_type>>;
using namespace std::chrono_literals;

struct Listener final : LineReader {
  void on_readable(const void* line) override {
    ++told;
    from = line;
  }
  unsigned told = 0;
  const void* from = nullptr;
};

class LineTest : public ::testing::Test {
 protected:
  LineTest() {
    TestLine::Socket socket(io, udp::endpoint(asio::ip::address_v4::loopback(), 0));
    socket.connect(kdc.local_endpoint());
    socket.non_blocking(true);
    line = TestLine::make(std::move(socket), TestLine::Clock::now());
  }
  void send() { kdc.send_to(asio::buffer("octets", 6), line->socket.local_endpoint()); }
  void read() {
    boost::system::error_code error;
    while (!error) line->socket.receive(asio::buffer(octets), 0, error);
  }
  void await(bool drained = true) { line->await(listener, drained); }
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
  TestLine::Ptr line;
  std::array<char, 16> octets{};
  const boost::intrusive_ptr<Listener> listener{new Listener};
};

TEST_F(LineTest, TellsWhoWaitsOnce) {
  settle();
  await();
  send();
  turn();
  EXPECT_EQ(listener->told, 1U);
  EXPECT_EQ(listener->from, line.get());
  read();
  send();
  turn();
  EXPECT_EQ(listener->told, 1U);
}

TEST_F(LineTest, IsQuietAtRestUntilSomethingComes) {
  settle();
  line->rest(TestLine::Clock::now());
  turn();
  EXPECT_TRUE(line->is_quiet());
  send();
  turn();
  EXPECT_FALSE(line->is_quiet());
  EXPECT_GE(line->disturbed().value(), line->rests_since);
  EXPECT_EQ(listener->told, 0U);
}

TEST_F(LineTest, IsQuietAfterAnEventOfWhatHasBeenRead) {
  settle();
  line->rest(TestLine::Clock::now());
  send();
  read();
  turn();
  EXPECT_TRUE(line->is_quiet());
  send();
  turn();
  EXPECT_FALSE(line->is_quiet());
}

TEST_F(LineTest, TellsWhoWaitsAfterItRested) {
  settle();
  line->rest(TestLine::Clock::now());
  turn();
  await();
  send();
  turn();
  EXPECT_EQ(listener->told, 1U);
}

TEST_F(LineTest, TellsOfWhatCameBeforeAnybodyWaited) {
  settle();
  line->rest(TestLine::Clock::now());
  send();
  turn();
  await();
  turn();
  EXPECT_EQ(listener->told, 1U);
  read();
  line->rest(TestLine::Clock::now());
  turn();
  EXPECT_TRUE(line->is_quiet()) << "since it rests anew";
}

TEST_F(LineTest, LetsGoOfWhoWaitsWhenItIsClosed) {
  await();
  EXPECT_EQ(listener->use_count(), 2U);
  line.reset();
  EXPECT_EQ(listener->use_count(), 1U);
  turn();
  EXPECT_EQ(listener->told, 0U);
}

}  // namespace
}  // namespace ferryman::exchange
