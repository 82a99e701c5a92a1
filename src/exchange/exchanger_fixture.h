#pragma once

// A KDC that misbehaves as it is told, and an exchanger that asks it, for the tests of this folder.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <optional>
#include <string>

#include "der/writer.h"
#include "exchange/exchanger.h"
#include "exchange/pending_exchange.h"
#include "exchange/tcp_pool.h"
#include "exchange/udp_pool.h"

namespace ferryman::exchange {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;
using asio::ip::udp;
using Octets = std::vector<std::uint8_t>;
using namespace std::chrono_literals;

// KRB-ERROR of that code from realm R.
inline Octets krb_error(std::int32_t code) {
  std::array<std::uint8_t, 256> buffer{};
  der::Writer writer(buffer);
  const auto field = [&](unsigned number, std::size_t mark) { writer.close(der::context(number), mark); };
  std::size_t mark = writer.size();
  {
    const std::size_t name = writer.size();
    writer.string(der::general_string, "krbtgt");
    writer.close(der::sequence, name);
    writer.close(der::context(1), name);
    const std::size_t type = writer.size();
    writer.integer(2);
    writer.close(der::context(0), type);
    writer.close(der::sequence, name);
  }
  field(10, mark);
  mark = writer.size();
  writer.string(der::general_string, "R");
  field(9, mark);
  for (const auto& [number, value] : {std::pair<unsigned, std::int64_t>{6, code}, {5, 0}}) {
    mark = writer.size();
    writer.integer(value);
    field(number, mark);
  }
  mark = writer.size();
  writer.string(der::generalized_time, "20260101000000Z");
  field(4, mark);
  for (const auto& [number, value] : {std::pair<unsigned, std::int64_t>{1, 30}, {0, 5}}) {
    mark = writer.size();
    writer.integer(value);
    field(number, mark);
  }
  writer.close(der::sequence, 0);
  writer.close(der::application(30), 0);
  const Bytes written = *writer.finish();
  return {written.begin(), written.end()};
}

inline Octets framed(const Octets& message) {
  Octets out(4 + message.size());
  out[2] = static_cast<std::uint8_t>(message.size() >> 8);
  out[3] = static_cast<std::uint8_t>(message.size());
  std::copy(message.begin(), message.end(), out.begin() + 4);
  return out;
}

// What a fake KDC does with one request: octets to send after a delay, then whether it closes.
struct Behaviour {
  std::optional<Octets> answer = framed(krb_error(25));
  std::chrono::microseconds delay{0};
  bool close = false;
  std::chrono::milliseconds lingers{0};  // before it closes
  std::size_t first_piece = 0;           // octets of the answer that are sent before the others
};

// One port for TCP and UDP. `next` is asked for each request, with its number.
struct FakeKdc {
  explicit FakeKdc(asio::io_context& io, const char* host = "127.0.0.1", std::uint16_t port = 0)
      : acceptor(io, tcp::endpoint(asio::ip::make_address(host), port)),
        datagrams(io, udp::endpoint(asio::ip::make_address(host), acceptor.local_endpoint().port())) {
    asio::co_spawn(io, accept(), asio::detached);
    asio::co_spawn(io, serve_udp(), asio::detached);
  }

  asio::awaitable<void> accept() {
    while (true) {
      tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
      ++connections;
      asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), connections), asio::detached);
    }
  }
  asio::awaitable<void> serve(tcp::socket socket, unsigned number) {
    while (true) {
      std::array<std::uint8_t, 4> head{};
      co_await asio::async_read(socket, asio::buffer(head), use_awaitable);
      Octets body(static_cast<std::size_t>(head[2]) << 8 | head[3]);
      co_await asio::async_read(socket, asio::buffer(body), use_awaitable);
      if (number <= swallow_connections) continue;
      const Behaviour behaviour = tcp_next(tcp_requests++);
      asio::steady_timer timer(socket.get_executor(), behaviour.delay);
      co_await timer.async_wait(use_awaitable);
      if (behaviour.answer) {
        const auto octets = asio::buffer(*behaviour.answer);
        co_await asio::async_write(socket, asio::buffer(octets, behaviour.first_piece), use_awaitable);
        co_await asio::async_write(socket, octets + behaviour.first_piece, use_awaitable);
      }
      if (!behaviour.close) continue;
      timer.expires_after(behaviour.lingers);
      co_await timer.async_wait(use_awaitable);
      co_return;
    }
  }
  asio::awaitable<void> serve_udp() {
    while (true) {
      Octets request(4096);
      udp::endpoint sender;
      const std::size_t size =
          co_await datagrams.async_receive_from(asio::buffer(request), sender, use_awaitable);
      if (size > udp_most || size == udp_lost_size) continue;
      const auto answer = udp_next(udp_requests++);
      asio::steady_timer timer(datagrams.get_executor(), udp_delay);
      co_await timer.async_wait(use_awaitable);
      if (udp_nonsense) datagrams.send_to(asio::buffer("no reply"), sender);
      for (int i = 0; answer && i < (udp_doubles ? 2 : 1); ++i)
        co_await datagrams.async_send_to(asio::buffer(*answer), sender, use_awaitable);
    }
  }

  discovery::Kdc kdc(discovery::Transport transport = discovery::Transport::tcp) const {
    return {acceptor.local_endpoint().address(), acceptor.local_endpoint().port(), transport, "fake"};
  }
  unsigned requests() const { return tcp_requests + udp_requests; }

  tcp::acceptor acceptor;
  udp::socket datagrams;
  std::function<Behaviour(unsigned)> tcp_next = [](unsigned) { return Behaviour{}; };
  std::function<std::optional<Octets>(unsigned)> udp_next = [](unsigned) { return krb_error(25); };
  bool udp_doubles = false, udp_nonsense = false;
  std::size_t udp_most = 4096, udp_lost_size = 0;  // larger datagrams, and those of that size, are lost
  unsigned swallow_connections = 0;                // so many of the first ones lead into silence from now on
  std::chrono::milliseconds udp_delay{0};
  unsigned connections = 0, tcp_requests = 0, udp_requests = 0;
};

class ExchangerTest : public ::testing::Test {
 protected:
  ExchangerTest() {
    options.hedge_delay = 40ms;
    options.connect_timeout = 200ms;
    exchanger.set_options(options);
    as_req.kind = kerberos::RequestKind::as_req;
    as_req.kdc_req.emplace();
    as_req.kdc_req->realm = "R";
    as_req.bytes = message;
    kpasswd.kind = kerberos::RequestKind::kpasswd;
    kpasswd.bytes = message;
  }

  Outcome ask(const kerberos::Request& request, std::vector<discovery::Kdc> kdcs,
              std::chrono::milliseconds deadline = 2s) {
    return ask(request, std::make_shared<const std::vector<discovery::Kdc>>(std::move(kdcs)), deadline);
  }
  // In that order, as a configured list.
  static discovery::KdcList ranked(std::vector<discovery::Kdc> kdcs) {
    for (std::size_t i = 0; i < kdcs.size(); ++i) kdcs[i].rank = static_cast<std::uint16_t>(i);
    return std::make_shared<const std::vector<discovery::Kdc>>(std::move(kdcs));
  }
  Outcome ask(const kerberos::Request& request, const discovery::KdcList& list,
              std::chrono::milliseconds deadline = 2s) {
    std::optional<Outcome> outcome;
    const auto until = std::chrono::steady_clock::now() + deadline;
    auto done = [&](const std::exception_ptr& error, Outcome result) {
      EXPECT_FALSE(error);
      outcome = std::move(result);
    };
    asio::co_spawn(io, exchanger.exchange(request, list, until),
                   asio::bind_cancellation_slot(cancel.slot(), done));
    while (!outcome) io.run_one();
    return std::move(*outcome);
  }

  // Health checks begin within a quarter of a second and may take two.
  void let_trials_run(std::chrono::milliseconds time = 400ms) {
    io.restart();
    io.run_for(time);
    io.restart();
  }
  const TransportReport& report_of(const FakeKdc& kdc, discovery::Transport transport) {
    reports = exchanger.report();
    const auto found = std::find_if(reports.begin(), reports.end(),
                                    [&](const KdcReport& report) { return report.port == kdc.kdc().port; });
    return found->transports[transport == discovery::Transport::udp ? 0 : 1];
  }

  std::vector<KdcReport> reports;
  asio::io_context io{1};
  Options options;
  Exchanger exchanger{io, options};
  asio::cancellation_signal cancel;
  Octets message = Octets(100, 0x55);
  kerberos::Request as_req, kpasswd;
};

}  // namespace ferryman::exchange
