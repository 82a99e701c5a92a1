#include "gateway/trace.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "kerberos/encode.h"

namespace ferryman::gateway {
namespace {

class TraceTest : public ::testing::Test {
 protected:
  TraceTest() {
    message = kerberos::make_as_req("alice", "EXAMPLE.COM", std::vector<std::int32_t>{18}, {});
    request = *kerberos::parse_request(message);
    event.request = &request;
    event.client = "192.0.2.1:50000";
    event.reply = &reply;
    reply.error_code = 25;
  }
  std::shared_ptr<Tracer> watch(TraceFilter filter = {}, bool packets = false) {
    auto tracer = std::make_shared<Tracer>(std::move(filter), packets, [this] { ++woken; });
    EXPECT_TRUE(traces.add(tracer));
    return tracer;
  }

  static std::string lines_of(Tracer& tracer) {
    std::string lines;
    tracer.take(lines);
    return lines;
  }

  std::vector<std::uint8_t> message;
  kerberos::Request request;
  kerberos::Reply reply;
  RequestEvent event;
  Traces traces;
  int woken = 0;
};

TEST_F(TraceTest, FiltersByWhatTheMessageSays) {
  EXPECT_TRUE(TraceFilter().passes(event));
  EXPECT_TRUE((TraceFilter{"example.com", "ALICE", "25", net::Network::parse("192.0.2.0/24")}.passes(event)));
  EXPECT_TRUE((TraceFilter{"", "alice@Example.com", "", {}}.passes(event)));
  EXPECT_FALSE((TraceFilter{"", "alice@other.com", "", {}}.passes(event)));
  EXPECT_FALSE((TraceFilter{"other.com", "", "", {}}.passes(event)));
  EXPECT_FALSE((TraceFilter{"", "bob", "", {}}.passes(event)));
  EXPECT_FALSE((TraceFilter{"", "", "24", {}}.passes(event)));
  EXPECT_FALSE((TraceFilter{"", "", "", net::Network::parse("2001:db8::/32")}.passes(event)));
  event.client = "unix";
  EXPECT_FALSE((TraceFilter{"", "", "", net::Network::parse("192.0.2.0/24")}.passes(event)));
}

TEST_F(TraceTest, KnowsResultsByTheirNames) {
  for (const char* name : {"25", "PREAUTH_REQUIRED", "kdc_err_preauth_required", "exchange"})
    EXPECT_TRUE(has_result(event, name)) << name;
  for (const char* name : {"24", "PREAUTH_FAILED", "KRB-ERROR", "AS-REP"})
    EXPECT_FALSE(has_result(event, name)) << name;
  reply.error_code = 0;
  reply.kind = kerberos::ReplyKind::as_rep;
  EXPECT_TRUE(has_result(event, "as-rep"));
}

TEST_F(TraceTest, TellsNobodyOnceHeHasGone) {
  EXPECT_FALSE(traces.watched());
  const auto tracer = watch();
  EXPECT_TRUE(traces.watched());
  traces.tell(event, {});
  EXPECT_NE(lines_of(*tracer).find(R"("event":"exchange")"), std::string::npos);
  traces.remove(tracer.get());
  EXPECT_FALSE(traces.watched());
}

TEST_F(TraceTest, SendsMessagesToWhoWantsThem) {
  const auto with = watch({}, true), without = watch();
  TraceDetail detail;
  detail.request = message;
  traces.tell(event, detail);
  EXPECT_NE(lines_of(*with).find(R"("request":")"), std::string::npos);
  EXPECT_EQ(lines_of(*without).find(R"("request":")"), std::string::npos);
}

TEST_F(TraceTest, LosesWhatIsNotTakenAndCountsIt) {
  const auto tracer = watch();
  const std::string line(Tracer::max_octets / 4, 'x');
  for (int i = 0; i < 7; ++i) tracer->push(line);
  tracer->lose();
  EXPECT_EQ(woken, 1);
  std::string lines;
  const std::uint64_t lost = tracer->take(lines);
  EXPECT_EQ(lines.size(), Tracer::max_octets);
  EXPECT_EQ(lost, 4U);
  tracer->push("again");
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(lines_of(*tracer), "again");
}

TEST_F(TraceTest, HasRoomForEight) {
  for (std::size_t i = 0; i < Traces::most; ++i) watch();
  EXPECT_FALSE(traces.add(std::make_shared<Tracer>(TraceFilter(), false, [] {})));
}

}  // namespace
}  // namespace ferryman::gateway
