#include "ferrymand/status.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "ferrymand/findings.h"
#include "ferrymand/status_json.h"
#include "ferrymand/status_page.h"

namespace ferryman {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Kind = gateway::EventKind;

constexpr const char* address = "192.0.2.1";

exchange::KdcReport kdc(std::uint64_t answers, exchange::TransportHealth::State state) {
  exchange::KdcReport report;
  report.address = boost::asio::ip::make_address(address);
  report.port = 88;
  auto& tcp = report.transports[1];
  tcp.transport = discovery::Transport::tcp;
  tcp.state = state;
  tcp.counts = {answers + 1, answers, 1, 0};
  tcp.average = exchange::TransportHealth::Latency(1000 * answers);
  tcp.p95 = exchange::TransportHealth::Latency(9000);
  return report;
}

gateway::Report report(std::uint64_t answers, exchange::TransportHealth::State state) {
  gateway::Report report;
  report.kdcs.push_back(kdc(answers, state));
  discovery::Kdc located;
  located.address = report.kdcs[0].address;
  located.name = "dc<1>.example.com";
  report.realms.push_back(
      {"EXAMPLE.COM", locate::Located{std::make_shared<std::vector<discovery::Kdc>>(1, located), {}}});
  return report;
}

class StatusTest : public ::testing::Test {
 protected:
  StatusTest() { status.now = std::chrono::system_clock::from_time_t(1'000'000); }
  void take(const std::vector<gateway::Report>& workers) {
    take_reports(status, workers, {{"EXAMPLE.COM", "served", true}});
  }
  std::vector<std::string> wrong() const {
    std::vector<std::string> texts;
    for (const Finding& finding : findings(status)) texts.push_back(finding.text);
    return texts;
  }
  void requests(Kind kind, std::uint64_t count) {
    if (status.history.empty()) status.history.emplace_back();
    status.history.back().events[static_cast<std::size_t>(kind)] = count;
  }

  Status status;
};

constexpr auto answering = exchange::TransportHealth::State::serving;
constexpr auto set_aside = exchange::TransportHealth::State::set_aside;

TEST_F(StatusTest, SumsWhatAllWorkersHaveSeen) {
  take({report(1, answering), report(3, answering)});
  ASSERT_EQ(status.kdcs.size(), 1U);
  const KdcStatus& kdc = status.kdcs[0];
  EXPECT_EQ(kdc.address, "192.0.2.1:88");
  EXPECT_EQ(kdc.name, "dc<1>.example.com");
  EXPECT_THAT(kdc.realms, ElementsAre("EXAMPLE.COM"));
  ASSERT_EQ(kdc.transports.size(), 1U);
  EXPECT_EQ(kdc.transports[0].name, "tcp");
  EXPECT_EQ(kdc.transports[0].counts.answers, 4U);
  EXPECT_EQ(kdc.transports[0].mean_us, 2500U);  // (1 * 1000 + 3 * 3000) / 4
  EXPECT_EQ(kdc.transports[0].p95_us, 9000U);
  EXPECT_THAT(status.realms[0].kdcs, ElementsAre("192.0.2.1:88"));
  EXPECT_THAT(wrong(), IsEmpty());
}

TEST_F(StatusTest, NamesAKdcThatDoesNotAnswer) {
  take({report(1, answering), report(0, set_aside)});
  EXPECT_THAT(wrong(), ElementsAre("KDC dc<1>.example.com (192.0.2.1:88) of EXAMPLE.COM does not answer: "
                                   "set aside by 1 of 2 workers."));
}

TEST_F(StatusTest, KnowsACertificateWithoutAnEnd) {
  constexpr std::int64_t no_end = 253402300799;  // RFC 5280 4.1.2.5
  status.process.certificates.push_back({"", "CN=ever", 0, no_end, {}});
  EXPECT_THAT(wrong(), IsEmpty());
  for (const std::string& shown : {status_page(status), status_json(status)})
    EXPECT_THAT(shown, AllOf(HasSubstr("9999-12-31T23:59:59Z"), Not(HasSubstr("expired"))));
}

TEST_F(StatusTest, SaysErrorsFirst) {
  requests(Kind::throttled, 1);
  status.realms.push_back({{"A.TEST", "no KDC answers", false}, {}});
  status.local.configured = true;
  const auto from_now = [&](auto time) { return std::chrono::system_clock::to_time_t(status.now + time); };
  status.process.certificates.push_back({"", "CN=old", 0, from_now(std::chrono::seconds(-1)), {}});
  status.process.certificates.push_back({"", "CN=soon", 0, from_now(std::chrono::hours(49)), {}});
  EXPECT_THAT(wrong(), ElementsAre("A.TEST is not served: no KDC answers.", "ferryman-realm does not answer.",
                                   "The certificate of CN=old has expired.",
                                   "The certificate of CN=soon expires in 2 days.",
                                   HasSubstr("1 requests were throttled")));
}

TEST_F(StatusTest, AFewRefusalsAreNothingWrong) {
  requests(Kind::exchange, 1000);
  requests(Kind::refused, 19);
  requests(Kind::no_kdc, 19);
  EXPECT_THAT(wrong(), IsEmpty());
  requests(Kind::refused, 100);
  requests(Kind::no_kdc, 100);
  EXPECT_THAT(wrong(), ElementsAre(HasSubstr("got no answer"), HasSubstr("were refused")));
}

TEST_F(StatusTest, TheNewestRefusalIsTheFirst) {
  gateway::Report one, two;
  one.refusals.resize(gateway::Refusals::max_kept);
  two.refusals.resize(1);
  two.refusals[0].time += std::chrono::seconds(1);
  two.refusals[0].cname = "late";
  take_reports(status, {one, two}, {});
  EXPECT_EQ(status.refusals.size(), gateway::Refusals::max_kept);
  EXPECT_EQ(status.refusals[0].cname, "late");
}

TEST_F(StatusTest, SaysOfNoKdcThatItAnswersBeforeItHas) {
  take({report(0, answering)});
  EXPECT_THAT(status_page(status), HasSubstr("no answer yet"));
  status.kdcs.clear();
  take({report(1, answering)});
  EXPECT_THAT(status_page(status), Not(HasSubstr("no answer yet")));
}

TEST_F(StatusTest, EscapesEveryName) {
  take({report(1, answering)});
  gateway::Refusal refusal;
  refusal.realm = "<script>alert(1)</script>";
  refusal.cname = "\"><img src=x onerror=alert(1)>";
  status.refusals.push_back(refusal);
  status.config = "</pre><script>";
  const std::string page = status_page(status);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, HasSubstr("dc&lt;1&gt;.example.com"));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
}

TEST_F(StatusTest, TheJsonHasTheSame) {
  take({report(1, answering), report(0, set_aside)});
  requests(Kind::exchange, 7);
  status.history.back().mean_us = 12;
  const json read = json::parse(status_json(status));
  EXPECT_EQ(read["wrong"][0]["severity"], "error");
  EXPECT_EQ(read["kdcs"][0]["transports"][0]["set_aside_by"], 1);
  EXPECT_EQ(read["history"]["answered"], json::array({7}));
  EXPECT_EQ(read["history"]["mean_us"], json::array({12}));
  EXPECT_EQ(read["history"]["kdc_p95_us"], json::array({nullptr}));
  EXPECT_TRUE(read["ferryman_realm"].is_null());
}

}  // namespace
}  // namespace ferryman
