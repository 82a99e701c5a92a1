#include "net/datagram_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>

#include "net/edge_socket.h"
#include "net/listen_socket.h"

namespace ferryman::net {
namespace {

constexpr std::size_t scratch_size = 64 * 1024;  // longer than any datagram
constexpr int read_burst = 64;                   // then other work has its turn
constexpr int drain_burst = 10'000;              // what a socket's queue may hold, and a bound for a flood
constexpr int receive_buffer = 1024 * 1024;      // the kernel cuts it to net.core.rmem_max

// Where a datagram came from and to, as recvmsg(2) tells it and sendmsg(2) takes it.
struct Route {
  sockaddr_storage from{};
  socklen_t from_size = sizeof from;
  alignas(cmsghdr) std::array<std::uint8_t, 256> control{};
  std::size_t control_size = 0;
};

// The interface is the routing's to choose, unless the address has a meaning there alone.
bool is_destination(cmsghdr* control) {
  if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
    reinterpret_cast<in_pktinfo*>(CMSG_DATA(control))->ipi_ifindex = 0;
    return true;
  }
  if (control->cmsg_level != IPPROTO_IPV6 || control->cmsg_type != IPV6_PKTINFO) return false;
  auto* const info = reinterpret_cast<in6_pktinfo*>(CMSG_DATA(control));
  if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr)) info->ipi6_ifindex = 0;
  return true;
}

// A socket that was passed may be set to tell more, which sendmsg(2) would refuse to take.
void keep_destination(Route& route) {
  msghdr header{};
  header.msg_control = route.control.data();
  header.msg_controllen = std::exchange(route.control_size, 0);
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (!is_destination(c)) continue;
    route.control_size = CMSG_ALIGN(c->cmsg_len);
    std::memmove(route.control.data(), c, c->cmsg_len);
    return;
  }
}

// The datagram's size, or nothing with errno's cause. One that does not fit is cut.
std::optional<std::size_t> receive(int socket, std::span<std::uint8_t> into, Route& route) {
  iovec part{into.data(), into.size()};
  msghdr header{};
  header.msg_name = &route.from;
  header.msg_namelen = sizeof route.from;
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = route.control.data();
  header.msg_controllen = route.control.size();
  const ssize_t octets = ::recvmsg(socket, &header, 0);
  if (octets < 0) return std::nullopt;
  route.from_size = header.msg_namelen;
  route.control_size = header.msg_controllen;
  keep_destination(route);
  return static_cast<std::size_t>(octets);
}

// What is lost here its sender asks for again. False: it is.
bool send(int socket, Route& route, const http::Response& response) {
  const auto writable = [](Bytes octets) { return const_cast<std::uint8_t*>(octets.data()); };
  std::array<iovec, 2> parts{{{writable(response.body_head), response.body_head.size()},
                              {writable(response.body), response.body.size()}}};
  msghdr header{};
  header.msg_name = &route.from;
  header.msg_namelen = route.from_size;
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  header.msg_control = route.control_size > 0 ? route.control.data() : nullptr;
  header.msg_controllen = route.control_size;
  return ::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace

struct DatagramServer::Socket {
  using Udp = boost::asio::ip::udp;
  Socket(boost::asio::io_context& io, int descriptor, bool v6)
      : socket(io, v6 ? Udp::v6() : Udp::v4(), descriptor) {}

  EdgeSocket<boost::asio::basic_datagram_socket<Udp, boost::asio::io_context::executor_type>> socket;
  std::unordered_set<std::uint64_t> in_work;  // hashes of datagrams with their clients
  bool waiting = false, draining = false;
  DatagramCounts counts;

  // Who still asks is told so, and goes elsewhere.
  void close_when_done() {
    boost::system::error_code ignored;
    if (draining && in_work.empty()) socket.close(ignored);
  }
};

// One datagram and the way back.
class DatagramServer::Datagram final : public Recycled<Datagram>, public CallSource {
 public:
  Datagram(std::shared_ptr<Socket> socket, const Route& route) : socket_(std::move(socket)), route_(route) {}
  ~Datagram() override { end(); }

  // False when it is in work already.
  bool begin(std::uint64_t hash) {
    hash_ = hash;
    begun_ = socket_->in_work.insert(hash).second;
    ++(begun_ ? socket_->counts.taken : socket_->counts.repeated);
    return begun_;
  }
  const Peer& peer() const override { return peer_; }
  Peer& peer() { return peer_; }

 private:
  void respond(std::uint64_t, const http::Response& response) override {
    if (socket_->socket.is_open() && !send(socket_->socket.native_handle(), route_, response))
      ++socket_->counts.answer_lost;
    end();
  }
  void drop(std::uint64_t) override { end(); }
  void end() {
    if (!std::exchange(begun_, false)) return;
    socket_->in_work.erase(hash_);
    socket_->close_when_done();
  }

  const std::shared_ptr<Socket> socket_;
  Route route_;
  Peer peer_;
  std::uint64_t hash_ = 0;
  bool begun_ = false;
};

DatagramServer::DatagramServer(boost::asio::io_context& io, RequestHandler& handler)
    : io_(io), handler_(handler) {}

DatagramServer::~DatagramServer() = default;

void DatagramServer::listen(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  const bool v6 = address.ss_family == AF_INET6;
  const int on = 1;
  if (v6) {
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  } else {
    ::setsockopt(descriptor, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  }
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  scratch_.resize(scratch_size);
  sockets_.push_back(std::make_shared<Socket>(io_, descriptor, v6));
  wait(sockets_.back(), false);
}

void DatagramServer::configure(std::shared_ptr<const ConnectionConfig> config) {
  config_ = std::move(config);
}

void DatagramServer::wait(const std::shared_ptr<Socket>& socket, bool drained) {
  auto handler = [this, socket](boost::system::error_code error) {
    socket->waiting = false;
    if (!error && socket->socket.is_open() && !socket->draining) read(socket);
  };
  if (drained) {
    socket->socket.async_wait_drained(std::move(handler));
  } else {
    socket->socket.async_wait(boost::asio::socket_base::wait_read, std::move(handler));
  }
  socket->waiting = true;
}

void DatagramServer::read(const std::shared_ptr<Socket>& socket) {
  int left = read_burst;
  while (left > 0 && read_one(socket)) --left;
  wait(socket, left > 0);
}

// False when there is none.
bool DatagramServer::read_one(const std::shared_ptr<Socket>& socket) {
  Route route;
  const auto size = receive(socket->socket.native_handle(), scratch_, route);
  // An ICMP error for an answer that went before is reported in place of a datagram.
  if (!size) return errno != EAGAIN;
  const auto client = peer_endpoint(route.from);
  // Nobody can be answered at port 0, and nothing is asked by no octets.
  if (*size == 0 || client.port() == 0) {
    ++socket->counts.unfit;
    return true;
  }
  boost::intrusive_ptr<Datagram> datagram(new Datagram(socket, route));
  Peer& peer = datagram->peer();
  peer.address = peer_name(client);
  peer.client = claimed_client_key(client.address(), config_->limits.client);
  peer.transport = local::Transport::udp;
  if (*size > config_->http.max_body) ++socket->counts.unfit;
  serve(std::move(datagram), Bytes(scratch_).first(*size));
  return true;
}

void DatagramServer::serve(boost::intrusive_ptr<Datagram> datagram, Bytes message) {
  if (message.size() > config_->http.max_body)
    return handler_.on_violation(datagram->peer(), http::Version::none, 0, "body_too_large");
  const std::string_view from = datagram->peer().address;
  if (!datagram->begin(SipHash(hash_key_).part(as_bytes(from)).octets(message).finish())) return;
  http::Request request;
  request.version = http::Version::none;
  request.body = message;
  handler_.serve(CallPtr(new Call(std::move(datagram), request)), request);
}

DatagramCounts DatagramServer::counts() const {
  DatagramCounts all;
  for (const auto& socket : sockets_) all += socket->counts;
  return all;
}

void DatagramServer::recover() {
  for (const auto& socket : sockets_)
    if (!socket->waiting && !socket->draining && socket->socket.is_open()) wait(socket, false);
}

void DatagramServer::drain() {
  for (const auto& socket : sockets_) {
    if (!socket->socket.is_open() || std::exchange(socket->draining, true)) continue;
    for (int left = drain_burst; left > 0 && read_one(socket); --left) {
    }
    socket->close_when_done();
  }
}

void DatagramServer::abort() {
  for (const auto& socket : sockets_) {
    boost::system::error_code ignored;
    socket->socket.close(ignored);
  }
}

}  // namespace ferryman::net
