#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

#include "ferrymand/openmetrics.h"
#include "gateway/latencies.h"

namespace ferryman {

// A page of metrics, family by family.
class MetricPage {
 public:
  using Labels = std::vector<prometheus::ClientMetric::Label>;
  using Type = prometheus::MetricType;

  void family(std::string_view name, std::string_view help, Type type);
  // These are of the family that was begun last.
  void value(double value, Labels labels = {});
  void value(const gateway::Latencies& latencies, Labels labels = {});
  // A family that has one value.
  void single(std::string_view name, std::string_view help, Type type, double one) {
    family(name, help, type);
    value(one);
  }

  std::string text(MetricsFormat format) const;

 private:
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace ferryman
