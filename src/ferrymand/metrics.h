#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/gateway.h"
#include "local/message.h"

namespace ferryman {

// What the process as a whole counts.
struct ProcessCounts {
  std::uint32_t connections = 0, in_flight = 0;
};

// ferryman-realm, where the configuration names one.
struct RealmMetrics {
  bool configured = false;
  std::optional<local::Status> status;  // none: it does not answer
};

// "success", "KDC_ERR_PREAUTH_REQUIRED", "soft_error", or a number that has no name here.
std::string result_name(const local::Status::Result& result);

// The reports of all workers as one page of metrics (Prometheus' text format 0.0.4). Counters are sums;
// of a KDC's latencies the average is weighted by answers and the p95 is the worst worker's, since each
// worker learns by itself.
std::string metrics_page(const ProcessCounts& process, const std::vector<gateway::Report>& workers,
                         const RealmMetrics& realm);

}  // namespace ferryman
