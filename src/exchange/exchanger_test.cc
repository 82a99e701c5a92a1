#include <cstdio>
#include <fstream>

#include "exchange/exchanger_fixture.h"

namespace ferryman::exchange {
namespace {

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
