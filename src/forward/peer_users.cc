#include "forward/peer_users.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

namespace ferryman::forward {
namespace {

namespace ip = boost::asio::ip;

struct Question {
  nlmsghdr header;
  inet_diag_req_v2 socket;
};
struct Answer {
  nlmsghdr header;
  inet_diag_msg socket;
};

std::string reason() {
  return std::generic_category().message(errno);
}

template <typename Endpoint>
void put(const Endpoint& endpoint, __be32 (&address)[4], __be16& port) {
  address[0] = htonl(endpoint.address().to_v4().to_uint());
  port = htons(endpoint.port());
}

// The socket whose own port is `port`, of those that the question is about.
std::optional<uid_t> ask(int netlink, Question& question, std::uint16_t port) {
  question.header.nlmsg_len = sizeof(question);
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.socket.sdiag_family = AF_INET;
  question.socket.idiag_states = ~0U;
  question.socket.id.idiag_cookie[0] = question.socket.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (::send(netlink, &question, sizeof(question), 0) != sizeof(question)) return std::nullopt;
  Answer answer{};
  // The kernel has answered within send(). What else stands in the answer is cut off.
  const ssize_t size = ::recv(netlink, &answer, sizeof(answer), MSG_DONTWAIT);
  if (size != sizeof(answer) || answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return std::nullopt;
  if (ntohs(answer.socket.id.idiag_sport) != port) return std::nullopt;
  return answer.socket.idiag_uid;
}

}  // namespace

tl::expected<PeerUsers, std::string> PeerUsers::open() {
  Descriptor netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (netlink.get() < 0) return tl::unexpected(reason());
  PeerUsers users(std::move(netlink));
  // Where it knows one of our own it knows others'.
  boost::asio::io_context io;
  const ip::udp::endpoint loopback(ip::address_v4::loopback(), 0);
  const ip::udp::socket udp(io, loopback);
  const ip::tcp::acceptor tcp(io, {ip::address_v4::loopback(), 0});
  if (users.of(udp.local_endpoint(), loopback) != ::geteuid() ||
      users.of(tcp.local_endpoint(), ip::tcp::endpoint(loopback.address(), 0)) != ::geteuid())
    return tl::unexpected(std::string("it knows no sock_diag(7)"));
  return users;
}

std::optional<uid_t> PeerUsers::of(const ip::tcp::endpoint& peer, const ip::tcp::endpoint& own) const {
  Question question{};
  question.socket.sdiag_protocol = IPPROTO_TCP;
  put(peer, question.socket.id.idiag_src, question.socket.id.idiag_sport);
  put(own, question.socket.id.idiag_dst, question.socket.id.idiag_dport);
  return ask(socket_.get(), question, peer.port());
}

// Asked for a UDP socket the kernel takes source and destination as those of a datagram to it.
std::optional<uid_t> PeerUsers::of(const ip::udp::endpoint& peer, const ip::udp::endpoint& own) const {
  Question question{};
  question.socket.sdiag_protocol = IPPROTO_UDP;
  put(own, question.socket.id.idiag_src, question.socket.id.idiag_sport);
  put(peer, question.socket.id.idiag_dst, question.socket.id.idiag_dport);
  return ask(socket_.get(), question, peer.port());
}

}  // namespace ferryman::forward
