#include "ferrymand/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace ferryman {
namespace {

using testing::HasSubstr;
using testing::Not;

gateway::Report worker(std::uint32_t exchange_us, std::string_view fault) {
  gateway::Report report;
  gateway::RequestEvent event;
  event.status = 200;
  event.exchange_us = event.total_us = exchange_us;
  report.counts.figures.count(event, http::Version::http2);
  event = {};
  event.kind = gateway::EventKind::malformed;
  event.status = 400;
  event.reason = fault;
  report.counts.figures.count(event, http::Version::http10);
  return report;
}

std::string page(MetricsFormat format, const RealmMetrics& realm = {}) {
  ProcessCounts process;
  process.certificates = {{"/etc/a \"b\".pem", "CN=a", 1, 2'000'000'000, std::nullopt},
                          {"/etc/c.pem", "CN=c", 1, 7, 8}};
  return metrics_page(process, {worker(700, "truncated"), worker(3'000, "new")}, realm, format);
}

TEST(Metrics, AreSumsOfAllWorkers) {
  const std::string text = page(MetricsFormat::openmetrics);
  for (const char* line : {"\nferryman_request_duration_seconds_bucket{stage=\"exchange\",le=\"0.001\"} 1\n",
                           "\nferryman_request_duration_seconds_bucket{stage=\"exchange\",le=\"0.005\"} 2\n",
                           "\nferryman_request_duration_seconds_count{stage=\"total\"} 2\n",
                           "\nferryman_http_requests_total{version=\"2\"} 2\n",
                           "\nferryman_http_responses_total{status=\"400\"} 2\n",
                           "\nferryman_malformed_total{fault=\"truncated\"} 1\n",
                           "\nferryman_malformed_total{fault=\"other\"} 1\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(Metrics, CertificatesHaveTheirFilesNameAndTheirDates) {
  const std::string text = page(MetricsFormat::openmetrics);
  EXPECT_THAT(text,
              HasSubstr("ferryman_tls_certificate_not_after_seconds{certificate=\"/etc/a \\\"b\\\".pem\"} "
                        "2000000000\n"));
  EXPECT_THAT(text, HasSubstr("ferryman_tls_staple_next_update_seconds{certificate=\"/etc/c.pem\"} 8\n"));
  EXPECT_THAT(text, Not(HasSubstr("next_update_seconds{certificate=\"/etc/a")));
}

TEST(Metrics, AreTheSameInBothFormats) {
  const auto samples = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  const std::string text = page(MetricsFormat::prometheus);
  EXPECT_THAT(text, HasSubstr("# TYPE ferryman_requests_total counter"));
  EXPECT_THAT(text, HasSubstr("ferryman_request_duration_seconds_bucket{stage=\"total\",le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("# EOF")));
  EXPECT_GT(samples(page(MetricsFormat::openmetrics)), samples(text)) << "units and the end besides";
}

TEST(Metrics, ARealmsSignInsAreByStatus) {
  local::Status status;
  using Kind = local::Status::Kind;
  status.results = {{Kind::as_req, 0, 5}, {Kind::sign_in, 401, 3}};
  const std::string text = page(MetricsFormat::openmetrics, {true, status});
  EXPECT_THAT(text, HasSubstr("\nferryman_realm_sign_in_responses_total{status=\"401\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\nferryman_realm_requests_total{type=\"AS-REQ\",result=\"success\"} 5\n"));
  EXPECT_THAT(text, Not(HasSubstr("SIGN-IN")));
}

}  // namespace
}  // namespace ferryman
