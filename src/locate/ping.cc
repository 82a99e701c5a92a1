#include "locate/ping.h"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <random>
#include <vector>

namespace ferryman::locate {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t max_datagram = 2048;

// What the timers and the reader of one ping hold.
struct Line {
  explicit Line(const asio::any_io_executor& executor)
      : socket(executor), again(executor), end(executor), buffer(max_datagram) {}

  udp::socket socket;
  asio::steady_timer again, end;
  std::vector<std::uint8_t> request, buffer;

  bool open(const udp::endpoint& endpoint) {
    error_code error;
    socket.open(endpoint.protocol(), error);
    // Connected: the kernel drops what comes from elsewhere and tells of an ICMP refusal.
    if (!error) socket.connect(endpoint, error);
    if (!error) socket.non_blocking(true, error);
    return !error;
  }
  bool send() {
    error_code error;
    socket.send(asio::buffer(request), 0, error);
    return !error;
  }
};

}  // namespace

std::string_view name(PingStatus status) {
  switch (status) {
    case PingStatus::silent:
      return "silent";
    case PingStatus::refused:
      return "refused";
    case PingStatus::not_mine:
      return "not_mine";
    case PingStatus::malformed:
      return "malformed";
    case PingStatus::answered:
      break;
  }
  return "answered";
}

asio::awaitable<Ping> ping(asio::ip::address address, std::string dns_domain,
                           std::chrono::milliseconds time) {
  const auto line = std::make_shared<Line>(co_await asio::this_coro::executor);
  const auto id = static_cast<std::uint32_t>(std::random_device{}()) & 0x7fffffffU;
  const auto begun = Clock::now();
  Ping result;
  line->request = discovery::netlogon_request(id, dns_domain);
  if (!line->open(udp::endpoint(address, cldap_port)) || !line->send()) {
    result.status = PingStatus::refused;
    co_return result;
  }
  line->again.expires_after(time / 2);
  line->again.async_wait([line](error_code error) {
    if (!error) line->send();
  });
  line->end.expires_after(time);
  line->end.async_wait([line](error_code error) {
    error_code ignored;
    if (!error) line->socket.close(ignored);
  });

  while (true) {
    error_code error;
    co_await line->socket.async_wait(udp::socket::wait_read,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    const std::size_t size = line->socket.receive(asio::buffer(line->buffer), 0, error);
    if (error == asio::error::would_block) continue;
    if (error) {
      result.status = PingStatus::refused;
      break;
    }
    auto reply = discovery::read_netlogon_reply(Bytes(line->buffer).first(size), id);
    if (!reply) {
      result.status = PingStatus::malformed;  // a forged one perhaps: the right one may still come
      continue;
    }
    result.status = *reply ? PingStatus::answered : PingStatus::not_mine;
    result.reply = std::move(*reply);
    break;
  }
  line->again.cancel();
  line->end.cancel();
  result.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun);
  co_return result;
}

}  // namespace ferryman::locate
