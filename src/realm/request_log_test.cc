#include "realm/request_log.h"

#include <gtest/gtest.h>

#include <array>

#include "kerberos/encode.h"
#include "signin/proof.h"

namespace ferryman::realm {
namespace {

constexpr std::array<std::int32_t, 2> etypes{18, 17};

class RequestLogTest : public testing::Test {
 protected:
  static telemetry::LogOptions quiet() {
    telemetry::LogOptions options;
    options.level = telemetry::Level::error;
    return options;
  }
  // The events of an AS-REQ that was answered so.
  std::vector<nlohmann::json> events(const kdc::Answer& answer) {
    const auto message = kerberos::make_as_req("alice", "R.TEST", etypes);
    requests_.write({"g-7", "192.0.2.1:5", local::Transport::kkdcp, "example", "", message}, answer,
                    Stopwatch());
    const auto page = history_.after(seen_, EventHistory::capacity);
    seen_ = page.next;
    return page.events;
  }
  static kdc::Answer refused(std::int32_t code, std::string_view reason = "a reason") {
    kdc::Answer answer;
    answer.code = code;
    answer.reason = reason;
    answer.client = "alice\x1b[2J\xff";
    return answer;
  }

  telemetry::Log log_{quiet()};
  EventHistory history_;
  RequestLog requests_{log_, history_};
  std::uint64_t seen_ = 0;
};

TEST_F(RequestLogTest, GivesActiveDirectorysEventIds) {
  const std::pair<std::int32_t, int> ids[] = {{0, 4768},  {6, 4768},  {14, 4768}, {37, 4768},
                                              {18, 4771}, {23, 4771}, {24, 4771}};
  for (const auto& [code, id] : ids) {
    const auto found = events(refused(code));
    ASSERT_EQ(found.size(), 1U) << code;
    EXPECT_EQ(found[0]["event_id"], id) << code;
  }
  EXPECT_TRUE(events(refused(25)).empty()) << "who asks how to prove a key has done nothing yet";
}

TEST_F(RequestLogTest, SaysThatAnAccountWasLocked) {
  const auto found = events(refused(24, kdc::reason_locks));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["event_id"], 4771);
  EXPECT_EQ(found[1]["event_id"], 4740);
  EXPECT_EQ(found[1]["client"], "192.0.2.1:5");
}

TEST_F(RequestLogTest, SaysWhoAskedFromWhereAndWhatWasGiven) {
  kdc::Answer answer;
  answer.client = "alice";
  answer.service = "krbtgt/R.TEST";
  answer.issued = {18, 17, 20};
  const auto found = events(answer);
  ASSERT_EQ(found.size(), 1U);
  const auto& event = found[0];
  EXPECT_EQ(event["id"], "g-7");
  EXPECT_EQ(event["client"], "192.0.2.1:5");
  EXPECT_EQ(event["tenant"], "example");
  EXPECT_EQ(event["etypes"], "18,17");
  EXPECT_EQ(event["reply_etype"], 18);
  EXPECT_EQ(event["session_etype"], 17);
  EXPECT_EQ(event["ticket_etype"], 20);
  EXPECT_EQ(event["result"], "success");
  EXPECT_FALSE(event.contains("partial_tgt") || event.contains("keys_given"));
}

TEST_F(RequestLogTest, SaysForWhomAServiceActs) {
  kdc::Answer answer = refused(13);
  answer.acts_for = {kdc::S4u::proxy, "bob"};
  EXPECT_EQ(events(answer)[0]["s4u"], "proxy");
  answer.acts_for = {kdc::S4u::self, "bob"};
  const auto event = events(answer)[0];
  EXPECT_EQ(event["s4u"], "self");
  EXPECT_EQ(event["for_user"], "bob");
  EXPECT_FALSE(events(refused(13))[0].contains("s4u"));
}

TEST_F(RequestLogTest, SaysWhoseTgtItWasAndThatKeysWereGiven) {
  kdc::Answer answer;
  answer.rodc = 40'000;
  answer.issued = {18, 18, 18, 2};
  const auto found = events(answer);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["partial_tgt"], "krbtgt_40000");
  EXPECT_EQ(found[0]["keys_given"], 2);
}

TEST_F(RequestLogTest, TakesNamesOfAnyOctets) {
  const auto found = events(refused(6));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NO_THROW((void)found[0].dump());
}

TEST_F(RequestLogTest, TellsOfWhoSignsIn) {
  const auto told = [&](std::string_view reason, const std::string& user) {
    local::HttpRequest request;
    request.client = "192.0.2.1:5";
    signin::Answer answer;
    answer.response.status = 400;
    answer.service = "token";
    answer.error = "invalid_grant";
    answer.reason = reason;
    answer.user = user;
    requests_.write(request, answer, Stopwatch());
    const auto page = history_.after(seen_, EventHistory::capacity);
    seen_ = page.next;
    return page.events;
  };
  EXPECT_TRUE(told("no such user", "").empty()) << "strangers do not push out what there is";
  const auto wrong = told("wrong password or code", "alice");
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_EQ(wrong[0]["user"], "alice");
  EXPECT_FALSE(wrong[0].contains("event_id"));
  const auto locks = told(signin::reason_locks, "alice");
  ASSERT_EQ(locks.size(), 2U);
  EXPECT_EQ(locks[1]["event_id"], 4740);
  local::Status status;
  requests_.add_to(status);
  EXPECT_EQ(status.lock_outs, 1U);
  EXPECT_EQ(status.sign_in, 3U);
  EXPECT_EQ(status.results, (std::vector<local::Status::Result>{{local::Status::Kind::sign_in, 400, 3}}));
}

TEST_F(RequestLogTest, CutsLongNames) {
  kdc::Answer answer = refused(6);
  answer.service = std::string(2000, '\xff');
  const auto found = events(answer);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_LT(found[0].dump().size(), 3000U);
}

TEST_F(RequestLogTest, Counts) {
  events(refused(0));
  kdc::Answer locks = refused(24);
  locks.reason = kdc::reason_locks;
  events(locks);
  requests_.write({"g", "c", local::Transport::kkdcp, "", "", as_bytes("nonsense")}, refused(60),
                  Stopwatch());
  const RequestCounts counts = requests_.counts();
  EXPECT_EQ(counts.as, 2U);
  EXPECT_EQ(counts.malformed, 1U);
  EXPECT_EQ(counts.errors, 2U);
  local::Status status;
  requests_.directory_failed();
  requests_.add_to(status);
  using Kind = local::Status::Kind;
  EXPECT_EQ(status.results,
            (std::vector<local::Status::Result>{{Kind::as_req, 0, 1}, {Kind::as_req, 24, 1}}));
  EXPECT_EQ(status.malformed, 1U);
  EXPECT_EQ(status.lock_outs, 1U);
  EXPECT_EQ(status.directory, 1U);
  events(refused(29));
  events(refused(4711));
  requests_.add_to(status);
  EXPECT_EQ(status.directory, 2U);
  EXPECT_EQ(status.results.back(), (local::Status::Result{Kind::as_req, 127, 1}));
}

}  // namespace
}  // namespace ferryman::realm
