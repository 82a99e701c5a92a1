#include "net/edge_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

namespace ferryman::net {
namespace {

using Stream = boost::asio::generic::stream_protocol;
using Executor = boost::asio::io_context::executor_type;

class EdgeSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()), 0);
    socket_.assign(Stream(AF_UNIX, 0), ends_[0]);
  }
  void TearDown() override { ::close(ends_[1]); }

  // As a socket that is new.
  void adopt_again() {
    boost::system::error_code error;
    const int copy = ::dup(ends_[0]);
    socket_.close();
    socket_.adopt(Stream(AF_UNIX, 0), copy, error);
    ASSERT_FALSE(error);
  }

  void send(char octet) { ASSERT_EQ(::send(ends_[1], &octet, 1, 0), 1); }
  std::optional<char> read() {
    char octet;
    errno = 0;  // which the end leaves alone
    return ::recv(socket_.native_handle(), &octet, 1, 0) == 1 ? std::optional(octet) : std::nullopt;
  }
  // What is read at the end of the wait; that may end although nothing has come.
  void wait() {
    socket_.async_wait_drained([this](boost::system::error_code error) {
      ended_ = error;
      if (error) return;
      got_ = read();
      if (!got_ && errno == EAGAIN) wait();
    });
  }
  void turn() {
    io_.poll();
    io_.restart();
  }

  boost::asio::io_context io_{1};
  EdgeSocket<boost::asio::basic_stream_socket<Stream, Executor>> socket_{io_};
  std::array<int, 2> ends_{};
  std::optional<char> got_;
  std::optional<boost::system::error_code> ended_;
};

TEST_F(EdgeSocketTest, TellsOfWhatComes) {
  for (const char octet : {'a', 'b', 'c'}) {
    wait();
    turn();
    EXPECT_FALSE(got_);
    send(octet);
    turn();
    EXPECT_EQ(std::exchange(got_, std::nullopt), octet);
    EXPECT_FALSE(read());
  }
}

TEST_F(EdgeSocketTest, TellsOfWhatCameWhileNobodyWaited) {
  for (const char octet : {'a', 'b', 'c'}) {
    send(octet);
    turn();
    wait();
    turn();
    EXPECT_EQ(std::exchange(got_, std::nullopt), octet);
  }
}

TEST_F(EdgeSocketTest, TellsOfWhatComesBetweenTheReadAndTheWait) {
  for (const char octet : {'a', 'b', 'c'}) {
    EXPECT_FALSE(read());
    send(octet);
    wait();
    turn();
    EXPECT_EQ(std::exchange(got_, std::nullopt), octet);
  }
}

TEST_F(EdgeSocketTest, TellsThatThePeerHasClosed) {
  wait();
  turn();
  ended_.reset();
  ::shutdown(ends_[1], SHUT_WR);
  turn();
  EXPECT_EQ(ended_, boost::system::error_code());
}

TEST_F(EdgeSocketTest, EndsWithTheSocket) {
  wait();
  turn();
  socket_.close();
  turn();
  EXPECT_EQ(ended_, boost::asio::error::operation_aborted);
}

TEST_F(EdgeSocketTest, WaitsForAnEventOfWhatItHasAdopted) {
  adopt_again();
  wait();
  turn();
#ifdef FERRYMAN_EDGE_WAITS
  EXPECT_FALSE(ended_);
#endif
  send('a');
  turn();
  EXPECT_EQ(got_, 'a');
}

TEST_F(EdgeSocketTest, TellsOfWhatCameBeforeItWasAdopted) {
  send('a');
  adopt_again();
  wait();
  turn();
  EXPECT_EQ(got_, 'a');
}

TEST_F(EdgeSocketTest, TellsOfWhatCameBetweenItsAdoptionAndTheWait) {
  adopt_again();
  turn();
  send('a');
  turn();
  wait();
  turn();
  EXPECT_EQ(got_, 'a');
}

TEST_F(EdgeSocketTest, ClosesWhatItCannotAdopt) {
  const int copy = ::dup(ends_[0]);
  boost::system::error_code error;
  socket_.adopt(Stream(AF_UNIX, 0), copy, error);
  EXPECT_EQ(error, boost::asio::error::already_open);
  EXPECT_EQ(::fcntl(copy, F_GETFD), -1);
}

TEST(EdgeSocket, FreesAWaitThatOutlivesTheEventLoop) {
  const auto held = std::make_shared<int>();
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  {
    boost::asio::io_context io{1};
    EdgeSocket<boost::asio::basic_stream_socket<Stream, Executor>> socket(io);
    socket.assign(Stream(AF_UNIX, 0), ends[0]);
    socket.async_wait_drained([held](boost::system::error_code) { FAIL() << "nobody ran the event loop"; });
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  ::close(ends[1]);
}

}  // namespace
}  // namespace ferryman::net
