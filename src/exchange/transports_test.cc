#include "exchange/exchanger_fixture.h"

namespace ferryman::exchange {
namespace {

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

}  // namespace
}  // namespace ferryman::exchange
