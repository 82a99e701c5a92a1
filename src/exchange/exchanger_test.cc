#include "exchange/exchanger.h"

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
#include <cstdio>
#include <fstream>
#include <functional>
#include <optional>
#include <string>

#include "der/writer.h"
#include "exchange/pending_exchange.h"
#include "exchange/tcp_pool.h"
#include "exchange/udp_pool.h"

namespace ferryman::exchange {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;
using asio::ip::udp;
using Octets = std::vector<std::uint8_t>;
using namespace std::chrono_literals;

// KRB-ERROR of that code from realm R.
Octets krb_error(std::int32_t code) {
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

Octets framed(const Octets& message) {
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

TEST_F(ExchangerTest, BringsBackTheAnswer) {
  FakeKdc v4(io), v6(io, "::1");
  for (auto* kdc : {&v4, &v6}) {
    for (const auto transport : {discovery::Transport::tcp, discovery::Transport::udp}) {
      const Outcome outcome = ask(as_req, {kdc->kdc(transport)});
      ASSERT_EQ(outcome.status, Status::answered);
      EXPECT_EQ(outcome.reply.error_code, 25);
      EXPECT_EQ(Octets(outcome.reply.bytes.begin(), outcome.reply.bytes.end()), krb_error(25));
      EXPECT_EQ(outcome.transport, transport);
      EXPECT_EQ(outcome.tries, 1U);
    }
  }
}

// The second datagram of a doubled answer comes while the socket rests, or a little late.
TEST_F(ExchangerTest, NeverTakesADoubledDatagramForTheNextAnswer) {
  FakeKdc kdc(io);
  kdc.udp_doubles = true;
  for (int i = 0; i < 20; ++i) {
    kdc.udp_next = [i](unsigned) { return krb_error(60 + i); };
    EXPECT_EQ(ask(as_req, {kdc.kdc(discovery::Transport::udp)}).reply.error_code, 60 + i);
    if (i % 2 == 0) io.run_for(2 * UdpPool::rest);
  }
}

// Both lie in the socket when it is looked at.
TEST_F(ExchangerTest, FindsTheAnswerBehindADatagramThatIsNone) {
  FakeKdc kdc(io);
  kdc.udp_nonsense = true;
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = ask(as_req, {kdc.kdc(discovery::Transport::udp)});
    EXPECT_EQ(outcome.status, Status::answered);
    EXPECT_EQ(outcome.tries, 1U) << "it had to be asked again";
  }
}

TEST_F(ExchangerTest, ARefusedDatagramDoesNoHarmToTheNextExchange) {
  auto kdc = std::make_unique<FakeKdc>(io);
  const auto at = kdc->kdc(discovery::Transport::udp);
  EXPECT_EQ(ask(as_req, {at}).status, Status::answered);
  kdc->acceptor.close();
  kdc->datagrams.close();
  io.run_for(2 * UdpPool::rest);
  EXPECT_EQ(ask(as_req, {at}).status, Status::no_kdc);
  FakeKdc again(io, "127.0.0.1", at.port);
  EXPECT_EQ(ask(as_req, {again.kdc(discovery::Transport::udp)}).status, Status::answered);
}

TEST_F(ExchangerTest, UsesAKeptConnectionAgainAndReplacesItWhenItDiesUnderARequest) {
  FakeKdc kdc(io);
  kdc.tcp_next = [](unsigned number) {
    Behaviour behaviour;
    if (number == 2) behaviour = {std::nullopt, 0ms, true};  // closes without an answer
    return behaviour;
  };
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(as_req, {kdc.kdc()}).status, Status::answered);
  EXPECT_EQ(kdc.connections, 1U);
  const Outcome outcome = ask(as_req, {kdc.kdc()});
  EXPECT_EQ(outcome.status, Status::answered);
  EXPECT_EQ(outcome.tries, 2U);
  EXPECT_EQ(kdc.connections, 2U);
}

TEST_F(ExchangerTest, KeepsAConnectionWhoseAnswersComeInPieces) {
  FakeKdc kdc(io);
  options.hedge_delay = 1s;  // the kernel may let the second piece wait for 40 ms
  exchanger.set_options(options);
  kdc.tcp_next = [](unsigned) {
    Behaviour behaviour;
    behaviour.first_piece = 6;
    return behaviour;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(as_req, {kdc.kdc()}).status, Status::answered);
  EXPECT_EQ(kdc.connections, 1U);
}

TEST_F(ExchangerTest, TellsAKdcThatKeepsNoConnectionFromOneThatClosesWhatNobodyUses) {
  FakeKdc kdc(io);
  Behaviour behaviour;
  kdc.tcp_next = [&](unsigned) { return behaviour; };
  const auto is_kept = [&] {
    const unsigned before = kdc.connections;
    behaviour = {};
    for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(as_req, {kdc.kdc()}).status, Status::answered);
    return kdc.connections - before <= 1;
  };
  const auto closes_after = [&](std::chrono::milliseconds time) {
    behaviour.close = true;
    behaviour.lingers = time;
    EXPECT_EQ(ask(as_req, {kdc.kdc()}).status, Status::answered);
    io.run_for(time + 20ms);
  };
  closes_after(TcpPool::soon + 20ms);
  EXPECT_TRUE(is_kept());
  closes_after(0ms);
  EXPECT_FALSE(is_kept());
}

TEST_F(ExchangerTest, SeesAlsoUnderARequestThatAKdcKeepsNoConnection) {
  FakeKdc kdc(io);
  kdc.tcp_next = [](unsigned number) {
    return number == 1 ? Behaviour{std::nullopt, 0us, true} : Behaviour{};
  };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(as_req, {kdc.kdc()}).status, Status::answered);
  EXPECT_EQ(kdc.connections, 4U);
}

TEST_F(ExchangerTest, DoesNotKeepAConnectionThatSaysTooMuch) {
  FakeKdc kdc(io);
  kdc.tcp_next = [](unsigned) {
    Behaviour behaviour;
    behaviour.answer->push_back(0);
    return behaviour;
  };
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(as_req, {kdc.kdc()}).status, Status::answered);
  EXPECT_EQ(kdc.connections, 2U);
}

// Sockets of this host in TIME_WAIT whose own or other port it is.
std::size_t resting_at(std::uint16_t port) {
  std::ifstream sockets("/proc/net/tcp");
  std::array<char, 8> hex{};
  std::snprintf(hex.data(), hex.size(), ":%04X ", port);
  std::size_t count = 0;
  for (std::string line; std::getline(sockets, line);)
    if (line.find(hex.data()) != std::string::npos && line.find(" 06 ") != std::string::npos) ++count;
  return count;
}

TEST_F(ExchangerTest, LeavesNoPortInTimeWaitWhereAKdcKeepsNoConnection) {
  FakeKdc kdc(io);
  kdc.tcp_next = [](unsigned) { return Behaviour{framed(krb_error(25)), 0us, true}; };
  constexpr unsigned times = 5;
  for (unsigned i = 0; i < times; ++i) {
    EXPECT_EQ(ask(as_req, {kdc.kdc()}).status, Status::answered);
    io.run_for(5ms);
  }
  EXPECT_EQ(kdc.connections, times);
  EXPECT_LE(resting_at(kdc.kdc().port), 1u) << "but for the first, which was to be kept";
}

TEST_F(ExchangerTest, HoldsTheReplyLimitAtItsBoundary) {
  FakeKdc kdc(io);
  options.max_reply = krb_error(25).size();
  exchanger.set_options(options);
  EXPECT_EQ(ask(as_req, {kdc.kdc()}).status, Status::answered);
  options.max_reply -= 1;
  exchanger.set_options(options);
  EXPECT_EQ(ask(as_req, {kdc.kdc()}).status, Status::no_kdc);
}

TEST_F(ExchangerTest, ALateAnswerStillWins) {
  FakeKdc late(io), silent(io);
  late.tcp_next = [](unsigned) { return Behaviour{framed(krb_error(25)), 150ms, false}; };
  silent.tcp_next = [](unsigned) { return Behaviour{std::nullopt, 0ms, false}; };
  const Outcome outcome = ask(as_req, ranked({late.kdc(), silent.kdc()}));
  EXPECT_EQ(outcome.status, Status::answered);
  EXPECT_EQ(outcome.kdc->port, late.kdc().port);
  EXPECT_EQ(silent.requests(), 1U) << "asked as well, after the hedge delay";
}

TEST_F(ExchangerTest, AsksAKdcThatFailedLatelyAfterTheOthers) {
  FakeKdc bad(io), good(io);
  bad.tcp_next = [](unsigned) { return Behaviour{std::nullopt, 0ms, true}; };
  EXPECT_EQ(ask(as_req, ranked({bad.kdc(), good.kdc()})).tries, 2U);
  EXPECT_EQ(ask(as_req, ranked({bad.kdc(), good.kdc()})).tries, 1U);
  EXPECT_EQ(bad.requests(), 1U);
}

TEST_F(ExchangerTest, PutsAKdcOnTrialByAProbeAndNotByAUser) {
  FakeKdc bad(io), good(io);
  bool dead = true;
  bad.tcp_next = [&](unsigned) {
    Behaviour behaviour;
    if (dead) behaviour = {std::nullopt, 0ms, true};
    return behaviour;
  };
  std::vector<bool> changes;
  exchanger.on_change([&](const discovery::Kdc& kdc, bool serves) {
    EXPECT_EQ(kdc.port, bad.kdc().port);
    changes.push_back(serves);
  });
  EXPECT_EQ(ask(as_req, ranked({bad.kdc(), good.kdc()})).tries, 2U);
  EXPECT_EQ(changes, std::vector<bool>{false});
  dead = false;
  while (changes.size() < 2) io.run_one();  // after its pause of a second
  EXPECT_EQ(changes, (std::vector<bool>{false, true}));
  EXPECT_EQ(bad.requests(), 2U) << "one of them the probe";
  EXPECT_EQ(ask(as_req, ranked({bad.kdc(), good.kdc()})).kdc->port, bad.kdc().port);
}

TEST_F(ExchangerTest, LearnsHowLongAKdcMayBeSilent) {
  FakeKdc first(io), second(io);
  options.hedge_delay = 60s;
  exchanger.set_options(options);
  for (int i = 0; i < 20; ++i) ask(as_req, ranked({first.kdc(), second.kdc()}));
  EXPECT_EQ(second.requests(), 0U);
  first.tcp_next = [](unsigned) { return Behaviour{std::nullopt, 0ms, false}; };
  const Outcome outcome = ask(as_req, ranked({first.kdc(), second.kdc()}), 30s);
  EXPECT_TRUE(outcome.hedged);
  EXPECT_EQ(outcome.kdc->port, second.kdc().port);
}

// Those whose answers come, but late, are not taken for dead: that would double what they cannot cope with.
TEST_F(ExchangerTest, AsksTwiceAtMostOneRequestInTwentyWhileAllAreSlow) {
  FakeKdc first(io), second(io);
  const auto list = ranked({first.kdc(), second.kdc()});
  for (const auto* kdc : {&first, &second}) ask(as_req, {kdc->kdc()});
  for (auto* kdc : {&first, &second})
    kdc->tcp_next = [](unsigned) { return Behaviour{framed(krb_error(25)), 300ms, false}; };
  options.hedge_delay = 60s;
  exchanger.set_options(options);
  constexpr unsigned requests = 300;
  unsigned ended = 0;
  for (unsigned i = 0; i < requests; ++i) {
    if (i == requests / 4) {  // answers are on their way
      options.hedge_delay = 120ms;
      exchanger.set_options(options);
    }
    asio::co_spawn(io, exchanger.exchange(as_req, list, std::chrono::steady_clock::now() + 5s),
                   [&](const std::exception_ptr&, const Outcome&) { ++ended; });
    io.run_for(4ms);
  }
  while (ended < requests) io.run_one();
  const auto hedges = report_of(second, discovery::Transport::tcp).counts.hedges;
  EXPECT_LE(hedges, 10 + requests / 20);
  EXPECT_GE(hedges, 10U);
  EXPECT_LE(second.requests(), requests / 2);
}

TEST_F(ExchangerTest, FailsOverWithoutABudgetOnceAKdcHasGoneSilent) {
  FakeKdc silent(io), good(io);
  silent.tcp_next = [](unsigned) { return Behaviour{std::nullopt, 0ms, false}; };
  unsigned answered = 0;
  constexpr unsigned requests = 60;
  const auto kdcs = ranked({silent.kdc(), good.kdc()});
  for (unsigned i = 0; i < requests; ++i) {
    auto done = [&](const std::exception_ptr&, const Outcome& outcome) {
      if (outcome.status == Status::answered) ++answered;
    };
    asio::co_spawn(io, exchanger.exchange(as_req, kdcs, std::chrono::steady_clock::now() + 2s), done);
  }
  io.run_for(1s);
  EXPECT_EQ(answered, requests);
}

TEST_F(ExchangerTest, PrefersTheQuickerOfARank) {
  FakeKdc slow(io), quick(io);
  slow.tcp_next = [](unsigned) { return Behaviour{framed(krb_error(25)), 100ms, false}; };
  options.hedge_delay = 1s;
  exchanger.set_options(options);
  ask(as_req, {slow.kdc()});
  ask(as_req, {quick.kdc()});
  EXPECT_EQ(ask(as_req, {slow.kdc(), quick.kdc()}).kdc->port, quick.kdc().port);
  auto farther = quick.kdc();
  farther.rank = 1;
  EXPECT_EQ(ask(as_req, {slow.kdc(), farther}).kdc->port, slow.kdc().port) << "a rank goes before speed";
}

TEST_F(ExchangerTest, DrawsLotsByWeightAmongThoseOfARank) {
  FakeKdc often(io), seldom(io);
  auto heavy = often.kdc(), light = seldom.kdc();
  heavy.weight = 90;
  light.weight = 10;
  int first = 0;
  constexpr int requests = 400;
  for (int i = 0; i < requests; ++i) {
    if (ask(as_req, {light, heavy}).kdc->port == heavy.port) ++first;
  }
  EXPECT_NEAR(first, requests * 9 / 10, 40);
}

TEST_F(ExchangerTest, WritesAPasswordChangeOnceWhateverHappensThen) {
  for (const bool closes : {true, false}) {
    FakeKdc bad(io), good(io);
    bad.tcp_next = [closes](unsigned) { return Behaviour{std::nullopt, 0ms, closes}; };
    const Outcome outcome = ask(kpasswd, ranked({bad.kdc(), good.kdc()}), 300ms);
    EXPECT_EQ(outcome.status, closes ? Status::no_kdc : Status::deadline);
    EXPECT_EQ(outcome.tries, 1U);
    EXPECT_EQ(bad.requests() + good.requests(), 1U);
  }
}

TEST_F(ExchangerTest, ADeadKdcDoesNotSpendAPasswordChange) {
  std::optional<FakeKdc> dead(std::in_place, io);
  FakeKdc good(io);
  const auto gone = dead->kdc(discovery::Transport::any), gone_udp = dead->kdc(discovery::Transport::udp);
  dead->acceptor.close();
  dead->datagrams.close();
  EXPECT_EQ(ask(kpasswd, ranked({gone, good.kdc()})).kdc->port, good.kdc().port);
  EXPECT_EQ(ask(kpasswd, ranked({gone_udp, good.kdc()})).kdc->port, good.kdc().port);
  EXPECT_EQ(good.requests(), 2U);
}

TEST_F(ExchangerTest, SendsALostDatagramAgainButNotAPasswordChange) {
  FakeKdc kdc(io);
  kdc.udp_next = [](unsigned number) { return number == 0 ? std::nullopt : std::optional(krb_error(25)); };
  EXPECT_EQ(ask(as_req, {kdc.kdc(discovery::Transport::udp)}).tries, 2U);
  FakeKdc other(io);
  other.udp_next = [](unsigned) { return std::nullopt; };
  EXPECT_EQ(ask(kpasswd, {other.kdc(discovery::Transport::udp)}, 300ms).status, Status::deadline);
  EXPECT_EQ(other.udp_requests, 1U);
}

TEST_F(ExchangerTest, GivesAKdcThatAnswersLateTheTimeItTakes) {
  options.hedge_delay = 200ms;
  exchanger.set_options(options);
  FakeKdc kdc(io);
  kdc.udp_delay = 300ms;
  const auto list = ranked({kdc.kdc(discovery::Transport::udp)});
  EXPECT_EQ(ask(as_req, list).tries, 2U);
  io.run_for(kdc.udp_delay + 50ms);  // the answer to the second as well
  io.restart();
  EXPECT_EQ(ask(as_req, list).tries, 1U);

  kdc.udp_next = [lost = kdc.udp_requests](unsigned request) {
    return request == lost ? std::nullopt : std::optional(krb_error(25));
  };
  const Outcome outcome = ask(as_req, list);
  EXPECT_EQ(outcome.status, Status::answered);
  EXPECT_EQ(outcome.tries, 2U);
}

TEST_F(ExchangerTest, LearnsThatAnswersFitUdpAndTurnsTooBigIntoTcp) {
  FakeKdc kdc(io);
  EXPECT_EQ(ask(as_req, {kdc.kdc(discovery::Transport::any)}).transport, discovery::Transport::tcp);
  EXPECT_EQ(ask(as_req, {kdc.kdc(discovery::Transport::any)}).transport, discovery::Transport::udp);
  kdc.udp_next = [](unsigned) { return krb_error(52); };
  const Outcome outcome = ask(as_req, {kdc.kdc(discovery::Transport::any)});
  EXPECT_EQ(outcome.transport, discovery::Transport::tcp);
  EXPECT_EQ(outcome.reply.error_code, 25);
  ask(as_req, {kdc.kdc(discovery::Transport::any)});
  EXPECT_EQ(kdc.udp_requests, 2U) << "UDP is not tried again";
}

// A firewall drops UDP.
TEST_F(ExchangerTest, OneUserWaitsForUdpThatIsSwallowedAndItComesBackByAHealthCheck) {
  FakeKdc kdc(io);
  options.hedge_delay = 2s;
  exchanger.set_options(options);
  const auto list = ranked({kdc.kdc(discovery::Transport::any)});
  bool dropped = true;
  kdc.udp_next = [&](unsigned) { return dropped ? std::nullopt : std::optional(krb_error(25)); };
  std::vector<std::pair<discovery::Transport, bool>> changes;
  exchanger.on_change(
      [&](const discovery::Kdc& one, bool serves) { changes.emplace_back(one.transport, serves); });
  ask(as_req, list);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(as_req, list).tries, 2U);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, options.hedge_delay) << "TCP is known to work";
  for (int i = 0; i < 20; ++i) {
    const Outcome outcome = ask(as_req, list);
    EXPECT_EQ(outcome.transport, discovery::Transport::tcp);
    EXPECT_EQ(outcome.tries, 1U);
    let_trials_run(20ms);
  }
  while (changes.empty()) io.run_one();
  EXPECT_EQ(changes, (std::vector{std::pair(discovery::Transport::udp, false)}));
  EXPECT_TRUE(report_of(kdc, discovery::Transport::udp).set_aside());
  EXPECT_FALSE(report_of(kdc, discovery::Transport::tcp).set_aside());
  EXPECT_FALSE(reports.front().set_aside());
  dropped = false;
  while (changes.size() < 2) io.run_one();
  EXPECT_EQ(changes.back(), std::pair(discovery::Transport::udp, true));
  EXPECT_EQ(ask(as_req, list).transport, discovery::Transport::udp);
}

TEST_F(ExchangerTest, OneUserWaitsForUdpThatIsSwallowedFromNowOn) {
  FakeKdc kdc(io);
  const auto list = ranked({kdc.kdc(discovery::Transport::any)});
  for (int i = 0; i < 3; ++i) ask(as_req, list);
  kdc.udp_next = [](unsigned) { return std::nullopt; };
  const Outcome first = ask(as_req, list);
  EXPECT_EQ(first.transport, discovery::Transport::tcp);
  EXPECT_EQ(first.tries, 2U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ask(as_req, list).tries, 1U);
    let_trials_run(20ms);
  }
}

// Both of two KDCs behind it: none of their users is told that there is no KDC.
TEST_F(ExchangerTest, NeedsNoBudgetWhereUdpIsSwallowedForAllKdcs) {
  FakeKdc one(io), other(io);
  const auto list = ranked({one.kdc(discovery::Transport::any), other.kdc(discovery::Transport::any)});
  for (const auto* kdc : {&one, &other, &one, &other}) ask(as_req, {kdc->kdc(discovery::Transport::any)});
  for (auto* kdc : {&one, &other}) kdc->udp_next = [](unsigned) { return std::nullopt; };
  constexpr int requests = 60;
  int answered = 0;
  for (int i = 0; i < requests; ++i) {
    asio::co_spawn(io, exchanger.exchange(as_req, list, std::chrono::steady_clock::now() + 1s),
                   [&](const std::exception_ptr&, const Outcome& outcome) {
                     if (outcome.status == Status::answered) ++answered;
                   });
  }
  let_trials_run(1s);
  EXPECT_EQ(answered, requests);
  EXPECT_EQ(ask(as_req, list).tries, 1U);
}

TEST_F(ExchangerTest, AKdcThatIsBackByOneTransportIsSoonTriedByTheOther) {
  FakeKdc kdc(io);
  const auto list = ranked({kdc.kdc(discovery::Transport::any)});
  for (int i = 0; i < 2; ++i) ask(as_req, list);
  kdc.udp_next = [](unsigned) { return std::nullopt; };
  kdc.tcp_next = [](unsigned) { return Behaviour{std::nullopt, 0us, true}; };
  const auto both_aside = [&] {
    return report_of(kdc, discovery::Transport::udp).set_aside() &&
           report_of(kdc, discovery::Transport::tcp).set_aside();
  };
  for (int i = 0; i < 4 || !both_aside(); ++i) {
    ask(as_req, list, 100ms);
    let_trials_run(2s);
  }
  kdc.udp_next = [](unsigned) { return krb_error(25); };
  kdc.tcp_next = [](unsigned) { return Behaviour{}; };
  ask(as_req, list);
  let_trials_run(3s);  // a trial that is under way may have to fail first
  EXPECT_FALSE(report_of(kdc, discovery::Transport::udp).set_aside());
  EXPECT_FALSE(report_of(kdc, discovery::Transport::tcp).set_aside());
}

// Small requests pass where large ones are lost, so a small health check would show nothing.
TEST_F(ExchangerTest, ChecksWithARequestAsLargeAsTheOneThatWasLost) {
  FakeKdc kdc(io);
  const auto list = ranked({kdc.kdc(discovery::Transport::any)});
  for (int i = 0; i < 2; ++i) ask(as_req, list);
  kdc.udp_most = 500;
  const Octets large(900, 0x55);
  as_req.bytes = large;
  EXPECT_EQ(ask(as_req, list).tries, 2U);
  let_trials_run(3s);
  EXPECT_TRUE(report_of(kdc, discovery::Transport::udp).set_aside());
}

// What comes back is large, and lost: no health check shows that.
TEST_F(ExchangerTest, TakesTcpForGoodWhereAnswersToSuchRequestsAreLostOverUdp) {
  FakeKdc kdc(io);
  const auto list = ranked({kdc.kdc(discovery::Transport::any)});
  for (int i = 0; i < 2; ++i) ask(as_req, list);
  kdc.udp_lost_size = message.size();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ask(as_req, list).tries, 2U) << i;
    let_trials_run(2500ms);
    EXPECT_FALSE(report_of(kdc, discovery::Transport::udp).set_aside()) << i;
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(as_req, list).tries, 1U);
}

// TCP is swallowed, UDP open: the other way round.
TEST_F(ExchangerTest, UsesUdpWhereTcpIsSwallowed) {
  FakeKdc kdc(io);
  kdc.tcp_next = [](unsigned) { return Behaviour{std::nullopt, 0us, false}; };
  const auto list = ranked({kdc.kdc(discovery::Transport::any)});
  EXPECT_EQ(ask(as_req, list).transport, discovery::Transport::udp);
  for (int i = 0; i < 20; ++i) {
    const Outcome outcome = ask(as_req, list);
    EXPECT_EQ(outcome.transport, discovery::Transport::udp);
    EXPECT_EQ(outcome.tries, 1U);
  }
  EXPECT_TRUE(report_of(kdc, discovery::Transport::tcp).set_aside());
}

// A NAT has forgotten what was kept: new connections work, those from before lead nowhere.
TEST_F(ExchangerTest, GivesUpKeptConnectionsWhenOneLeadsIntoSilence) {
  FakeKdc kdc(io);
  const auto list = ranked({kdc.kdc()});
  constexpr int at_once = 4;
  int ended = 0;
  kdc.tcp_next = [](unsigned) { return Behaviour{framed(krb_error(25)), 20ms, false}; };
  for (int i = 0; i < at_once; ++i) {
    asio::co_spawn(io, exchanger.exchange(as_req, list, std::chrono::steady_clock::now() + 1s),
                   [&](const std::exception_ptr&, const Outcome&) { ++ended; });
  }
  while (ended < at_once) io.run_one();
  kdc.tcp_next = [](unsigned) { return Behaviour{}; };
  kdc.swallow_connections = kdc.connections;
  EXPECT_EQ(kdc.connections, static_cast<unsigned>(at_once));
  const Outcome outcome = ask(as_req, list);
  EXPECT_EQ(outcome.status, Status::answered);
  EXPECT_EQ(outcome.tries, 2U);
  EXPECT_EQ(ask(as_req, list).tries, 1U) << "the other three were kept as long";
  EXPECT_FALSE(report_of(kdc, discovery::Transport::tcp).set_aside());
}

// A wrong password takes long where a domain controller asks another one whether it is right.
TEST_F(ExchangerTest, AProofIsSentOnceHoweverLongItsAnswerTakes) {
  FakeKdc first(io), second(io);
  const auto list = ranked({first.kdc(discovery::Transport::any), second.kdc(discovery::Transport::any)});
  for (int i = 0; i < 20; ++i) ask(as_req, list);
  const unsigned before = first.requests() + second.requests();
  first.udp_delay = 200ms;
  first.tcp_next = [](unsigned) { return Behaviour{framed(krb_error(24)), 200ms, false}; };
  kerberos::Request guess = as_req;
  guess.proof = true;
  constexpr unsigned guesses = 5;
  for (unsigned i = 0; i < guesses; ++i) {
    const Outcome outcome = ask(guess, list);
    EXPECT_EQ(outcome.status, Status::answered);
    EXPECT_EQ(outcome.tries, 1U);
  }
  EXPECT_EQ(first.requests() + second.requests() - before, guesses);
}

TEST_F(ExchangerTest, AProofGoesByTcpAndByUdpOnlyWhereNoConnectionCanBeMade) {
  FakeKdc kdc(io);
  const auto list = ranked({kdc.kdc(discovery::Transport::any)});
  kerberos::Request guess = as_req;
  guess.proof = true;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(guess, list).transport, discovery::Transport::tcp);
  EXPECT_EQ(ask(as_req, list).transport, discovery::Transport::udp);
  EXPECT_EQ(ask(guess, list).transport, discovery::Transport::tcp);
  kdc.acceptor.close();
  EXPECT_EQ(ask(guess, list).transport, discovery::Transport::udp);
}

TEST_F(ExchangerTest, AProofGoesToAnotherKdcOnlyWhereTheFirstCannotHaveReadIt) {
  FakeKdc reads(io), good(io);
  kerberos::Request guess = as_req;
  guess.proof = true;
  for (const bool closes : {true, false}) {
    reads.tcp_next = [closes](unsigned) { return Behaviour{std::nullopt, 0us, closes}; };
    reads.tcp_requests = 0;
    EXPECT_NE(ask(guess, {reads.kdc()}, 200ms).status, Status::answered);
    EXPECT_EQ(reads.tcp_requests, 1U);
  }
  Exchanger fresh(io, options);
  const auto list = ranked({reads.kdc(), good.kdc()});
  bool ended = false;
  asio::co_spawn(io, fresh.exchange(guess, list, std::chrono::steady_clock::now() + 200ms),
                 [&](const std::exception_ptr&, const Outcome& outcome) {
                   ended = true;
                   EXPECT_NE(outcome.status, Status::answered);
                 });
  while (!ended) io.run_one();
  EXPECT_EQ(good.requests(), 0U);
}

// The KDC has done it, and says that the answer needs TCP: no other one does it again.
TEST_F(ExchangerTest, AProofWhoseAnswerIsTooBigGoesToNoOtherKdc) {
  FakeKdc kdc(io), other(io);
  kdc.acceptor.close();
  kdc.udp_next = [](unsigned) { return krb_error(52); };
  discovery::Kdc dead_tcp = other.kdc(discovery::Transport::any);
  dead_tcp.port = kdc.datagrams.local_endpoint().port();
  kerberos::Request guess = as_req;
  guess.proof = true;
  EXPECT_NE(ask(guess, ranked({dead_tcp})).status, Status::answered);
  auto by_udp = dead_tcp;
  by_udp.transport = discovery::Transport::udp;
  EXPECT_NE(ask(guess, ranked({by_udp, other.kdc()})).status, Status::answered);
  EXPECT_EQ(other.requests(), 0U);
}

TEST_F(ExchangerTest, GoesToTheNextKdcWhenOneIsUnavailable) {
  FakeKdc busy(io), good(io);
  busy.tcp_next = [](unsigned) { return Behaviour{framed(krb_error(29)), 0ms, false}; };
  EXPECT_EQ(ask(as_req, ranked({busy.kdc(), good.kdc()})).reply.error_code, 25);
  EXPECT_EQ(ask(as_req, {busy.kdc()}).status, Status::no_kdc);
}

TEST_F(ExchangerTest, LeavesNothingBehindWhenTheEventLoopEndsUnderIt) {
  struct Stranger final : OutcomeHandler {
    explicit Stranger(bool& g) : gone(g) {}
    ~Stranger() override { gone = true; }
    void on_outcome(Outcome&) override {}
    bool& gone;
  };
  for (const auto transport : {discovery::Transport::udp, discovery::Transport::tcp}) {
    bool gone = false;
    FakeKdc kdc(io);
    kdc.udp_next = [](unsigned) { return std::nullopt; };
    kdc.tcp_next = [](unsigned) { return Behaviour{std::nullopt, 0us, false}; };
    {
      asio::io_context other{1};
      Exchanger ended(other, options);
      const auto list = std::make_shared<const std::vector<discovery::Kdc>>(1, kdc.kdc(transport));
      const auto now = std::chrono::steady_clock::now();
      ended.prepare(as_req, list, now + 1s, new Stranger(gone))->begin(now);
      other.run_for(10ms);
      EXPECT_FALSE(gone);
    }
    EXPECT_TRUE(gone);
  }
}

TEST_F(ExchangerTest, EndsAtItsDeadline) {
  FakeKdc silent(io);
  silent.tcp_next = [](unsigned) { return Behaviour{std::nullopt, 0ms, false}; };
  EXPECT_EQ(ask(as_req, {silent.kdc()}, 100ms).status, Status::deadline);
}

// What is cancelled may just have finished one step and not begun the next: the second KDC is asked at the
// moment at which the first answers.
TEST_F(ExchangerTest, AnAnswerEndsTheOthersAtWhateverStepTheyAre) {
  FakeKdc quick(io), silent(io);
  silent.tcp_next = [](unsigned) { return Behaviour{std::nullopt, 0ms, false}; };
  quick.tcp_next = [](unsigned number) {
    return Behaviour{framed(krb_error(25)), 700us + number % 400 * 1us, false};
  };
  options.hedge_delay = 1ms;
  const auto list = ranked({quick.kdc(), silent.kdc()});
  for (int i = 0; i < 1000; ++i) {
    Exchanger fresh(io, options);  // with its whole budget
    constexpr int at_once = 5;
    int ended = 0;
    for (int n = 0; n < at_once; ++n) {
      asio::co_spawn(io, fresh.exchange(as_req, list, std::chrono::steady_clock::now() + 1s),
                     [&](const std::exception_ptr&, const Outcome&) { ++ended; });
    }
    const auto until = std::chrono::steady_clock::now() + 3s;
    while (ended < at_once && std::chrono::steady_clock::now() < until) io.run_one_for(100ms);
    ASSERT_EQ(ended, at_once) << "in round " << i << " some do not end";
  }
}

TEST_F(ExchangerTest, AClientThatGoesEndsARepeatableRequestButNotAPasswordChange) {
  FakeKdc late(io);
  late.tcp_next = [](unsigned) { return Behaviour{framed(krb_error(25)), 200ms, false}; };
  for (const auto* request : {&as_req, &kpasswd}) {
    asio::steady_timer gone(io, 60ms);
    gone.async_wait([this](boost::system::error_code) { cancel.emit(asio::cancellation_type::terminal); });
    EXPECT_EQ(ask(*request, {late.kdc()}).status == Status::answered, request == &kpasswd);
  }
}

}  // namespace
}  // namespace ferryman::exchange
