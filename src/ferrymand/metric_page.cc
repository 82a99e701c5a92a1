#include "ferrymand/metric_page.h"

#include <prometheus/text_serializer.h>

#include <utility>

namespace ferryman {

using prometheus::ClientMetric;

void MetricPage::family(std::string_view name, std::string_view help, Type type) {
  families_.push_back({std::string(name), std::string(help), type, {}});
}

void MetricPage::value(double value, Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  (families_.back().type == Type::Counter ? metric.counter.value : metric.gauge.value) = value;
  families_.back().metric.push_back(std::move(metric));
}

void MetricPage::value(const gateway::Latencies& latencies, Labels labels) {
  constexpr double microseconds = 1e6;
  ClientMetric metric;
  metric.label = std::move(labels);
  auto& histogram = metric.histogram;
  for (std::size_t i = 0; i < latencies.bounds.size(); ++i) {
    histogram.sample_count += latencies[i];
    histogram.bucket.push_back({histogram.sample_count, latencies.bounds[i] / microseconds});
  }
  histogram.sample_count += latencies[latencies.bounds.size()];
  histogram.sample_sum = static_cast<double>(latencies.sum()) / microseconds;
  families_.back().metric.push_back(std::move(metric));
}

std::string MetricPage::text(MetricsFormat format) const {
  if (format == MetricsFormat::openmetrics) return openmetrics_text(families_);
  return prometheus::TextSerializer().Serialize(families_);
}

}  // namespace ferryman
