#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferryman {

// Prometheus' text format 0.0.4 and OpenMetrics 1.0.0's.
enum class MetricsFormat : std::uint8_t { prometheus, openmetrics };

std::string_view content_type(MetricsFormat format);

// Which of them a scraper would rather have, by its Accept field (RFC 9110 12.5.1). Without one it gets
// Prometheus'.
MetricsFormat preferred_format(std::string_view accept);

// Counters, gauges and histograms in OpenMetrics 1.0.0's text format. Counters end in "_total", which is no
// part of their family's name there; a family whose name ends in a base unit says so. Labels and help may
// hold any octets. Histograms get their bucket "+Inf" here.
std::string openmetrics_text(const std::vector<prometheus::MetricFamily>& families);

}  // namespace ferryman
