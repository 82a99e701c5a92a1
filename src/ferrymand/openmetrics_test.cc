#include "ferrymand/openmetrics.h"

#include <gtest/gtest.h>

#include <limits>

namespace ferryman {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric counter(double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.counter.value = value;
  metric.label = std::move(labels);
  return metric;
}

ClientMetric gauge(double value) {
  ClientMetric metric;
  metric.gauge.value = value;
  return metric;
}

bool prefers_openmetrics(std::string_view accept) {
  return preferred_format(accept) == MetricsFormat::openmetrics;
}

TEST(OpenMetrics, IsWhatTheScraperAsksForFirst) {
  // Prometheus 2.42's, and 3's.
  EXPECT_TRUE(prefers_openmetrics(
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
      "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
  EXPECT_TRUE(
      prefers_openmetrics("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                          "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"));
  EXPECT_TRUE(prefers_openmetrics(" Application/OpenMetrics-Text ; Version=\"1.0.0\" "));
  EXPECT_TRUE(prefers_openmetrics("text/html, application/openmetrics-text"));
  EXPECT_FALSE(prefers_openmetrics(""));
  EXPECT_FALSE(prefers_openmetrics("*/*"));
  EXPECT_FALSE(prefers_openmetrics("text/plain;version=0.0.4"));
  EXPECT_FALSE(prefers_openmetrics("application/openmetrics-text;version=0.0.1"));
  EXPECT_FALSE(prefers_openmetrics("application/openmetrics-text;q=0"));
  EXPECT_FALSE(prefers_openmetrics("application/openmetrics-text;q=0.5, text/plain;q=0.75"));
  EXPECT_FALSE(prefers_openmetrics(";;,=,;q=,version=,q"));
}

TEST(OpenMetrics, ACountersFamilyHasNoTotalInItsName) {
  EXPECT_EQ(openmetrics_text({{"a_total", "What a is.", MetricType::Counter, {counter(7)}}}),
            "# TYPE a counter\n# HELP a What a is.\na_total 7\n# EOF\n");
}

TEST(OpenMetrics, AFamilySaysItsBaseUnit) {
  EXPECT_EQ(openmetrics_text({{"a_seconds", "", MetricType::Gauge, {gauge(0.25)}},
                              {"b_seconds_total", "", MetricType::Counter, {counter(1e18)}},
                              {"bytes", "", MetricType::Gauge, {}}}),
            "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 0.25\n"
            "# TYPE b_seconds counter\n# UNIT b_seconds seconds\nb_seconds_total 1e+18\n"
            "# TYPE bytes gauge\n# EOF\n");
}

TEST(OpenMetrics, LabelsAndHelpAreEscaped) {
  EXPECT_EQ(
      openmetrics_text(
          {{"a_total", "\"one\"\ntwo \\", MetricType::Counter, {counter(1, {{"x", "\"\n\\"}, {"y", ""}})}}}),
      "# TYPE a counter\n# HELP a \\\"one\\\"\\ntwo \\\\\na_total{x=\"\\\"\\n\\\\\",y=\"\"} 1\n# EOF\n");
}

TEST(OpenMetrics, AHistogramEndsInInfinity) {
  ClientMetric metric;
  metric.label = {{"stage", "total"}};
  metric.histogram.bucket = {{3, 0.001}, {4, 1}};
  metric.histogram.sample_count = 5;
  metric.histogram.sample_sum = 12.5;
  EXPECT_EQ(openmetrics_text({{"a_seconds", "", MetricType::Histogram, {metric}}}),
            "# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n"
            "a_seconds_bucket{stage=\"total\",le=\"0.001\"} 3\n"
            "a_seconds_bucket{stage=\"total\",le=\"1.0\"} 4\n"
            "a_seconds_bucket{stage=\"total\",le=\"+Inf\"} 5\n"
            "a_seconds_count{stage=\"total\"} 5\na_seconds_sum{stage=\"total\"} 12.5\n# EOF\n");
}

TEST(OpenMetrics, NumbersThatAreNoneHaveTheirWords) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(openmetrics_text({{"a",
                               "",
                               MetricType::Gauge,
                               {gauge(infinity), gauge(-infinity),
                                gauge(std::numeric_limits<double>::quiet_NaN()), gauge(-3)}}}),
            "# TYPE a gauge\na +Inf\na -Inf\na NaN\na -3\n# EOF\n");
}

}  // namespace
}  // namespace ferryman
