#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ferrymand/openmetrics.h"
#include "gateway/gateway.h"
#include "local/message.h"
#include "net/certificate_dates.h"
#include "net/client_table.h"

namespace ferryman {

// What the process as a whole counts.
struct ProcessCounts {
  std::uint32_t connections = 0, in_flight = 0;
  net::ClientTable::Counts clients;
  std::size_t failure_counters = 0;  // of policy::Failures that are not at nothing
  std::chrono::system_clock::time_point started;
  std::vector<net::CertificateDates> certificates;  // that are in force
};

// ferryman-realm, where the configuration names one.
struct RealmMetrics {
  bool configured = false;
  std::optional<local::Status> status;  // none: it does not answer
};

// "success", "KDC_ERR_PREAUTH_REQUIRED", "soft_error", or a number that has no name here.
std::string result_name(const local::Status::Result& result);

// The reports of all workers as one page of metrics. Counters are sums;
// of a KDC's latencies the average is weighted by answers and the p95 is the worst worker's, since each
// worker learns by itself.
std::string metrics_page(const ProcessCounts& process, const std::vector<gateway::Report>& workers,
                         const RealmMetrics& realm, MetricsFormat format);

}  // namespace ferryman
