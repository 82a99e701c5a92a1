#include "exchange/udp_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace ferryman::exchange {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using Clock = UdpPool::Clock;
using namespace std::chrono_literals;

class UdpPoolTest : public ::testing::Test {
 protected:
  Clock::time_point since{};
  UdpPool::SocketPtr take(Clock::time_point now = Clock::now(), Clock::duration rested = UdpPool::rest) {
    return pool.take(key, rested, since, now).pooled;
  }
  static std::uint16_t port(UdpPool::PooledSocket& pooled) { return pooled.socket.local_endpoint().port(); }
  // One use of a pooled; returns its port.
  std::uint16_t use(Clock::time_point now) {
    auto pooled = take(now);
    const auto used = port(*pooled);
    pool.put(key, std::move(pooled), now);
    return used;
  }
  bool is_free(std::uint16_t port) {
    boost::system::error_code error;
    udp::socket same(io, udp::v4());
    same.bind(udp::endpoint(asio::ip::address_v4::loopback(), port), error);
    return !error;
  }
  void send_to(std::uint16_t port) {
    kdc.send_to(asio::buffer("late", 4), udp::endpoint(asio::ip::address_v4::loopback(), port));
  }

  asio::io_context io{1};
  udp::socket kdc{io, udp::endpoint(asio::ip::address_v4::loopback(), 0)};
  KdcKey key{kdc.local_endpoint().address(), kdc.local_endpoint().port()};
  static constexpr std::size_t max_idle = 200;
  UdpPool pool{io, max_idle};
  const Clock::time_point start = Clock::now();
};

TEST_F(UdpPoolTest, GivesASocketOutAgainOnceItHasRested) {
  const auto first = use(start);
  EXPECT_NE(port(*take(start + UdpPool::rest / 2)), first);
  EXPECT_EQ(port(*take(start + UdpPool::rest)), first);
}

TEST_F(UdpPoolTest, GivesUpASocketToWhichSomethingCameMeanwhile) {
  const auto first = use(start);
  send_to(first);
  io.poll();
  auto pooled = take(start + UdpPool::rest);
  ASSERT_NE(pooled, nullptr);
  EXPECT_NE(port(*pooled), first);
  std::array<char, 8> octets{};
  boost::system::error_code error;
  pooled->socket.receive(asio::buffer(octets), 0, error);
  EXPECT_EQ(error, asio::error::would_block);
}

TEST_F(UdpPoolTest, GivesUpASocketThatHasBeenRefused) {
  auto pooled = take(start);
  const auto first = port(*pooled);
  kdc.close();
  pooled->socket.send(asio::buffer("x", 1));
  pool.put(key, std::move(pooled), start);
  io.poll();
  auto next = take(start + UdpPool::rest);
  EXPECT_NE(port(*next), first);
  boost::system::error_code error;
  next->socket.send(asio::buffer("x", 1), 0, error);
  EXPECT_FALSE(error) << "the refusal of the request before shows in the next one";
}

TEST_F(UdpPoolTest, GivesUpASocketAfterItsTime) {
  const auto first = use(start);
  EXPECT_NE(port(*take(start + UdpPool::max_age)), first);
}

TEST_F(UdpPoolTest, GivesUpASocketAfterItsUses) {
  auto now = start;
  const auto first = use(now);
  for (unsigned i = 1; i < UdpPool::max_uses; ++i) {
    now += UdpPool::rest;
    EXPECT_EQ(use(now), first);
  }
  EXPECT_NE(port(*take(now + UdpPool::rest)), first);
}

TEST_F(UdpPoolTest, KeepsKdcsApart) {
  const auto first = use(start);
  udp::socket other(io, udp::endpoint(asio::ip::address_v4::loopback(), 0));
  const KdcKey other_key{other.local_endpoint().address(), other.local_endpoint().port()};
  auto pooled = pool.take(other_key, UdpPool::rest, since, start + UdpPool::rest).pooled;
  EXPECT_NE(port(*pooled), first);
  EXPECT_EQ(pooled->socket.remote_endpoint(), other.local_endpoint());
}

TEST_F(UdpPoolTest, GivesWhatMustNotBeMistakenASocketThatHasRestedForLong) {
  const auto first = use(start);
  EXPECT_NE(port(*take(start + UdpPool::long_rest / 2, UdpPool::long_rest)), first);
  EXPECT_EQ(port(*take(start + UdpPool::long_rest, UdpPool::long_rest)), first);
}

// One request a millisecond, of those that must not be mistaken.
TEST_F(UdpPoolTest, NeedsNoMoreSocketsThanRestAtOnce) {
  std::set<std::uint16_t> ports;
  for (auto now = start; now < start + UdpPool::max_age / 2; now += 1ms) {
    auto pooled = take(now, UdpPool::long_rest);
    ports.insert(port(*pooled));
    pool.put(key, std::move(pooled), now);
  }
  EXPECT_EQ(ports.size(), static_cast<std::size_t>(UdpPool::long_rest / 1ms));
}

TEST_F(UdpPoolTest, KeepsNoMoreThanItsNumber) {
  std::vector<UdpPool::SocketPtr> sockets(max_idle + 1);
  for (auto& pooled : sockets) pooled = take(start);
  std::vector<std::uint16_t> ports;
  for (auto& pooled : sockets) {
    ports.push_back(port(*pooled));
    pool.put(key, std::move(pooled), start);
  }
  for (std::size_t i = 0; i < max_idle; ++i) {
    sockets[i] = take(start + UdpPool::rest);
    EXPECT_EQ(port(*sockets[i]), ports[i]) << "the one that has rested longest comes first";
  }
  EXPECT_NE(port(*take(start + UdpPool::rest)), ports.back());
}

TEST_F(UdpPoolTest, ClosesWhatNobodyUses) {
  const auto first = use(start);
  io.run_for(UdpPool::max_age + UdpPool::max_age);
  EXPECT_TRUE(is_free(first));
}

TEST_F(UdpPoolTest, ClosesManyInSeveralTurns) {
  std::vector<UdpPool::SocketPtr> sockets(max_idle);
  std::vector<std::uint16_t> ports;
  for (auto& pooled : sockets) ports.push_back(port(*(pooled = take(start))));
  for (auto& pooled : sockets) pool.put(key, std::move(pooled), start);
  const auto closed = [&] {
    return std::count_if(ports.begin(), ports.end(), [this](auto p) { return is_free(p); });
  };
  while (closed() == 0) io.run_one();
  EXPECT_LT(closed(), static_cast<std::ptrdiff_t>(max_idle)) << "all in one turn";
  io.run_for(UdpPool::max_age / 4);
  EXPECT_EQ(closed(), static_cast<std::ptrdiff_t>(max_idle)) << "the rest not soon";
}

TEST_F(UdpPoolTest, ClosesFewThatAreTooOldForOneExchange) {
  std::vector<UdpPool::SocketPtr> sockets(max_idle);
  std::vector<std::uint16_t> ports;
  for (auto& pooled : sockets) ports.push_back(port(*(pooled = take(start))));
  for (auto& pooled : sockets) pool.put(key, std::move(pooled), start);
  EXPECT_NE(take(start + UdpPool::max_age), nullptr);
  const auto closed = std::count_if(ports.begin(), ports.end(), [this](auto p) { return is_free(p); });
  EXPECT_GT(closed, 0);
  EXPECT_LT(closed, static_cast<std::ptrdiff_t>(max_idle / 2));
}

TEST_F(UdpPoolTest, GivesUpAllWhereThereAreNoMoreDescriptors) {
  const auto kept = use(start);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto taken = pool.take(key, UdpPool::long_rest, {}, start);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(taken.opened);
  EXPECT_TRUE(is_free(kept));
  EXPECT_FALSE(pool.release());
}

}  // namespace
}  // namespace ferryman::exchange
