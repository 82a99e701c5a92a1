#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ferrymand/history.h"
#include "ferrymand/metrics.h"
#include "ferrymand/readiness.h"
#include "gateway/gateway.h"

namespace ferryman {

// One transport of a KDC, as all workers together have seen it.
struct TransportStatus {
  std::string_view name;  // "udp", "tcp"
  exchange::TransportCounts counts;
  std::uint64_t mean_us = 0, p95_us = 0;  // weighted by answers; the worst worker's. 0: not known
  unsigned set_aside_by = 0, failures_in_a_row = 0;
};

struct KdcStatus {
  std::string address;              // "192.0.2.1:88"
  std::string name;                 // as configured or as DNS has it; may be empty, may be the address
  std::vector<std::string> realms;  // that it was located for
  unsigned set_aside_by = 0;        // workers
  std::vector<TransportStatus> transports;  // those that were used
};

struct RealmStatus {
  Readiness::Realm realm;
  std::vector<std::string> kdcs;  // addresses; none where ferryman-realm serves it or none was located
};

// What one who runs the service looks at: made anew for each look. No secrets are in it.
struct Status {
  std::string version;
  std::chrono::system_clock::time_point now;
  bool ready = true, draining = false;
  unsigned workers = 0;
  ProcessCounts process;
  std::vector<RealmStatus> realms;
  std::vector<KdcStatus> kdcs;
  std::vector<std::uint64_t> events;  // by gateway::EventKind, since the start
  std::deque<History::Slot> history;
  std::vector<gateway::Refusal> refusals;  // the newest first
  RealmMetrics local;
  std::string config;  // TOML, as --show-config prints it
};

// Puts in what the reports tell; realms: their states, in the reports' order.
void take_reports(Status& status, const std::vector<gateway::Report>& workers,
                  const std::vector<Readiness::Realm>& realms);

// The last requests that came to something, and what: all is within Status::history.
struct RecentRequests {
  std::uint64_t all = 0, answered = 0, refused = 0, failed = 0, throttled = 0;
};
RecentRequests recent_requests(const Status& status, std::chrono::seconds time);
RecentRequests requests_of(const History::Slot& slot);

}  // namespace ferryman
