#include "forward/peer_users.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

namespace ferryman::forward {
namespace {

namespace ip = boost::asio::ip;
using boost::asio::buffer;

class PeerUsersTest : public testing::Test {
 protected:
  const ip::address loopback_ = ip::address_v4::loopback();
  boost::asio::io_context io_;
  tl::expected<PeerUsers, std::string> users_ = PeerUsers::open();
};

TEST_F(PeerUsersTest, TellsWhoseAConnectionIs) {
  ASSERT_TRUE(users_) << users_.error();
  ip::tcp::acceptor acceptor(io_, {loopback_, 0});
  ip::tcp::socket client(io_);
  client.connect(acceptor.local_endpoint());
  const auto peer = client.local_endpoint(), own = acceptor.local_endpoint();
  EXPECT_EQ(users_->of(peer, own), ::geteuid());
  EXPECT_FALSE(users_->of(ip::tcp::endpoint(loopback_, 1), own));
}

TEST_F(PeerUsersTest, TellsWhoseADatagramIs) {
  ASSERT_TRUE(users_) << users_.error();
  ip::udp::socket server(io_, {loopback_, 0}), other(io_, {loopback_, 0});
  const auto own = server.local_endpoint();
  ip::udp::socket unconnected(io_, ip::udp::v4()), connected(io_, ip::udp::v4());
  unconnected.send_to(buffer("x"), own);
  connected.connect(own);
  EXPECT_EQ(users_->of(ip::udp::endpoint(loopback_, unconnected.local_endpoint().port()), own), ::geteuid());
  EXPECT_EQ(users_->of(connected.local_endpoint(), own), ::geteuid());
  const auto gone = other.local_endpoint();
  other.close();
  EXPECT_FALSE(users_->of(gone, own));
}

TEST_F(PeerUsersTest, KnowsAClientOfIPv6ThatCallsByIPv4) {
  ASSERT_TRUE(users_) << users_.error();
  ip::tcp::acceptor acceptor(io_, {loopback_, 0});
  ip::tcp::socket client(io_);
  boost::system::error_code error;
  client.open(ip::tcp::v6(), error);
  if (error) GTEST_SKIP() << "no IPv6 here";
  client.connect({ip::make_address_v6(ip::v4_mapped, loopback_.to_v4()), acceptor.local_endpoint().port()});
  ip::tcp::endpoint peer;
  const ip::tcp::socket accepted = acceptor.accept(peer);
  EXPECT_EQ(users_->of(peer, acceptor.local_endpoint()), ::geteuid());
}

}  // namespace
}  // namespace ferryman::forward
