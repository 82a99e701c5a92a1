#include "ferrymand/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "net/listen_socket.h"
#include "telemetry/event.h"

namespace ferryman {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Page {
 public:
  void family(std::string_view name, std::string_view help, MetricType type) {
    families_.push_back({std::string(name), std::string(help), type, {}});
  }
  // To the family that was begun last.
  void value(double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    families_.back().metric.push_back(std::move(metric));
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

// One KDC as all workers have seen it.
struct Kdc {
  exchange::KdcCounts counts;
  double weighted_average = 0, p95 = 0;
  unsigned set_aside_by = 0, failures_in_a_row = 0;
};

double seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::map<std::string, Kdc> gather_kdcs(const std::vector<gateway::Report>& workers) {
  std::map<std::string, Kdc> kdcs;
  for (const auto& worker : workers) {
    for (const exchange::KdcReport& report : worker.kdcs) {
      Kdc& kdc = kdcs[net::peer_name({report.address, report.port})];
      kdc.counts.requests += report.counts.requests;
      kdc.counts.answers += report.counts.answers;
      kdc.counts.failures += report.counts.failures;
      kdc.counts.hedges += report.counts.hedges;
      kdc.weighted_average += seconds(report.average) * static_cast<double>(report.counts.answers);
      kdc.p95 = std::max(kdc.p95, seconds(report.p95));
      kdc.failures_in_a_row = std::max(kdc.failures_in_a_row, report.failures_in_a_row);
      if (report.state != exchange::KdcHealth::State::serving) ++kdc.set_aside_by;
    }
  }
  return kdcs;
}

void put_kdcs(Page& page, const std::map<std::string, Kdc>& kdcs) {
  const auto each = [&](std::string_view name, std::string_view help, MetricType type, auto value) {
    page.family(name, help, type);
    for (const auto& [address, kdc] : kdcs) page.value(static_cast<double>(value(kdc)), {{"kdc", address}});
  };
  each("ferryman_kdc_requests_total", "Requests sent to the KDC, probes included.", MetricType::Counter,
       [](const Kdc& kdc) { return kdc.counts.requests; });
  each("ferryman_kdc_answers_total", "Answers of the KDC that were taken, KRB-ERROR included.",
       MetricType::Counter, [](const Kdc& kdc) { return kdc.counts.answers; });
  each("ferryman_kdc_failures_total",
       "Requests that the KDC refused, cut off, did not understand or let wait.", MetricType::Counter,
       [](const Kdc& kdc) { return kdc.counts.failures; });
  each("ferryman_kdc_hedges_total", "Requests sent to the KDC while another had not answered yet.",
       MetricType::Counter, [](const Kdc& kdc) { return kdc.counts.hedges; });
  each("ferryman_kdc_set_aside", "Workers that ask the KDC after all others, for it has failed.",
       MetricType::Gauge, [](const Kdc& kdc) { return kdc.set_aside_by; });
  each("ferryman_kdc_failures_in_a_row", "The most that a worker has counted since the last answer.",
       MetricType::Gauge, [](const Kdc& kdc) { return kdc.failures_in_a_row; });
  each("ferryman_kdc_latency_seconds", "Moving average of the time to an answer.", MetricType::Gauge,
       [](const Kdc& kdc) {
         return kdc.counts.answers == 0 ? 0 : kdc.weighted_average / static_cast<double>(kdc.counts.answers);
       });
  each("ferryman_kdc_latency_p95_seconds", "Within that 19 of 20 recent answers came; 0 until known.",
       MetricType::Gauge, [](const Kdc& kdc) { return kdc.p95; });
}

}  // namespace

std::string metrics_page(const ProcessCounts& process, const std::vector<gateway::Report>& workers) {
  gateway::Counts total;
  for (const auto& worker : workers) {
    for (std::size_t i = 0; i < total.events.size(); ++i) total.events[i] += worker.counts.events[i];
    total.lookups += worker.counts.lookups;
    total.failed_lookups += worker.counts.failed_lookups;
    total.rediscoveries += worker.counts.rediscoveries;
    total.unused_connections += worker.counts.unused_connections;
    total.failed_handshakes += worker.counts.failed_handshakes;
  }
  Page page;
  page.family("ferryman_requests_total", "Requests by what came of them, as the log's event has it.",
              MetricType::Counter);
  for (std::size_t i = 0; i < total.events.size(); ++i) {
    const auto kind = static_cast<telemetry::EventKind>(i);
    page.value(static_cast<double>(total.events[i]), {{"event", std::string(telemetry::name(kind))}});
  }
  page.family("ferryman_connections", "Open client connections.", MetricType::Gauge);
  page.value(process.connections);
  page.family("ferryman_connections_unused_total",
              "Connections that ended without a request, as those of a load balancer that looks in.",
              MetricType::Counter);
  page.value(static_cast<double>(total.unused_connections));
  page.family("ferryman_handshakes_failed_total", "TLS handshakes in which something was wrong.",
              MetricType::Counter);
  page.value(static_cast<double>(total.failed_handshakes));
  page.family("ferryman_in_flight", "Requests under way.", MetricType::Gauge);
  page.value(process.in_flight);
  page.family("ferryman_lookups_total", "Lookups of KDCs that have ended.", MetricType::Counter);
  page.value(static_cast<double>(total.lookups));
  page.family("ferryman_lookups_failed_total", "Lookups that found no KDC.", MetricType::Counter);
  page.value(static_cast<double>(total.failed_lookups));
  page.family("ferryman_rediscoveries_total", "Lookups because no known KDC had answered.",
              MetricType::Counter);
  page.value(static_cast<double>(total.rediscoveries));
  put_kdcs(page, gather_kdcs(workers));
  return page.text();
}

}  // namespace ferryman
