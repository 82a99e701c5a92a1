#include "net/listen_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

namespace ferryman::net {
namespace {

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

void close_all(const std::vector<int>& descriptors) {
  for (const int fd : descriptors) ::close(fd);
}

TEST(OpenListeners, GivesEachWorkerASocketAtTheSamePort) {
  auto one = open_listeners({"127.0.0.1", 0, {}}, 1);
  ASSERT_TRUE(one) << one.error().text;
  const std::uint16_t port = port_of(one->descriptors.front());
  close_all(one->descriptors);
  auto three = open_listeners({"127.0.0.1", port, {}}, 3);
  ASSERT_TRUE(three) << three.error().text;
  ASSERT_EQ(three->descriptors.size(), 3U);
  for (const int fd : three->descriptors) EXPECT_EQ(port_of(fd), port);
  close_all(three->descriptors);
}

TEST(OpenListeners, RefusesAPortThatSomebodyElseListensAtEvenIfThatOneShares) {
  auto first = open_listeners({"127.0.0.1", 0, {}}, 1);
  ASSERT_TRUE(first);
  const std::uint16_t port = port_of(first->descriptors.front());
  const auto second = open_listeners({"127.0.0.1", port, {}}, 1);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().text,
            "cannot listen at 127.0.0.1:" + std::to_string(port) + ": Address already in use");
  close_all(first->descriptors);
}

TEST(OpenListeners, BindsAnAddressThatTheHostDoesNotHaveAhead) {
  const ListenAddress elsewhere{"192.0.2.77", 8443, {}};
  auto opened = open_listeners(elsewhere, 2);
  ASSERT_TRUE(opened) << opened.error().text;
  EXPECT_FALSE(opened->assigned);
  EXPECT_EQ(bound_socket(opened->descriptors.back()).value().address, elsewhere);
  EXPECT_FALSE(is_assigned(elsewhere));
  EXPECT_TRUE(is_assigned({"127.0.0.1", 8443, {}}));
  close_all(opened->descriptors);
}

TEST(OpenListeners, TakesOverASocketFileThatACrashLeftBehindButNotALivingOne) {
  const auto directory = std::filesystem::temp_directory_path() / ("listen_" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  const ListenAddress address{{}, 0, directory / "http.sock"};
  auto first = open_listeners(address, 2);
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_EQ(first->descriptors.size(), 2U);
  EXPECT_FALSE(open_listeners(address, 1));
  close_all(first->descriptors);
  auto again = open_listeners(address, 1);
  ASSERT_TRUE(again) << again.error().text;
  close_all(again->descriptors);
  std::filesystem::remove_all(directory);
}

TEST(AdoptListener, SharesAnInheritedSocket) {
  auto bound = open_listeners({"127.0.0.1", 0, {}}, 1);
  ASSERT_TRUE(bound);
  const int fd = bound->descriptors.front();
  EXPECT_EQ(bound_socket(fd).value().address, (ListenAddress{"127.0.0.1", port_of(fd), {}}));
  const std::uint16_t port = port_of(fd);
  const auto adopted = adopt_listener(fd, 3);
  ASSERT_TRUE(adopted) << adopted.error();
  ASSERT_EQ(adopted->size(), 3U);
  for (const int each : *adopted) EXPECT_EQ(port_of(each), port);
  close_all(*adopted);
}

TEST(OpenDatagramSockets, SharesAPortAmongItsWorkersAndWithNobodyElse) {
  auto one = open_datagram_sockets({"127.0.0.1", 0, {}}, 1);
  ASSERT_TRUE(one) << one.error().text;
  const std::uint16_t port = port_of(one->descriptors.front());
  close_all(one->descriptors);
  auto three = open_datagram_sockets({"127.0.0.1", port, {}}, 3);
  ASSERT_TRUE(three) << three.error().text;
  for (const int fd : three->descriptors) EXPECT_EQ(port_of(fd), port);
  EXPECT_TRUE(bound_socket(three->descriptors.front()).value().datagrams);
  const auto other = open_datagram_sockets({"127.0.0.1", port, {}}, 1);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().text,
            "cannot listen at 127.0.0.1:" + std::to_string(port) + ": Address already in use (UDP)");
  close_all(three->descriptors);
}

TEST(BoundSocket, IsNoneOfASocketThatDoesNotListen) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_FALSE(bound_socket(fd));
  ::close(fd);
  EXPECT_FALSE(bound_socket(0));
  const int unbound = ::socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_FALSE(bound_socket(unbound));
  ::close(unbound);
}

TEST(PeerName, ShowsMappedAddressesAsIPv4) {
  sockaddr_storage storage{};
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(50000);
  ::inet_pton(AF_INET6, "::ffff:192.0.2.1", &v6.sin6_addr);
  EXPECT_EQ(peer_name(peer_endpoint(storage)), "192.0.2.1:50000");
  ::inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
  EXPECT_EQ(peer_name(peer_endpoint(storage)), "[2001:db8::1]:50000");
  storage.ss_family = AF_UNIX;
  EXPECT_EQ(peer_name(peer_endpoint(storage)), "unix");
}

}  // namespace
}  // namespace ferryman::net
