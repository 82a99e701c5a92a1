#include "ferrymand/status.h"

#include <algorithm>
#include <map>

#include "net/listen_socket.h"

namespace ferryman {
namespace {

using gateway::EventKind;

struct Sum {
  exchange::TransportCounts counts;
  double weighted = 0;
  std::uint64_t p95_us = 0;
  unsigned set_aside_by = 0, failures_in_a_row = 0;
  bool used = false;
};

struct KdcSum {
  std::array<Sum, 2> transports;  // udp, tcp
  unsigned set_aside_by = 0;
};
using KdcSums = std::map<exchange::KdcKey, KdcSum>;

void add(Sum& sum, const exchange::TransportReport& report) {
  if (!report.used()) return;
  sum.used = true;
  sum.counts.requests += report.counts.requests;
  sum.counts.answers += report.counts.answers;
  sum.counts.failures += report.counts.failures;
  sum.counts.hedges += report.counts.hedges;
  sum.weighted += static_cast<double>(report.average.count()) * static_cast<double>(report.counts.answers);
  sum.p95_us = std::max(sum.p95_us, static_cast<std::uint64_t>(report.p95.count()));
  sum.failures_in_a_row = std::max(sum.failures_in_a_row, report.failures_in_a_row);
  if (report.set_aside()) ++sum.set_aside_by;
}

KdcSums sum(const std::vector<gateway::Report>& workers) {
  KdcSums all;
  for (const gateway::Report& worker : workers) {
    for (const exchange::KdcReport& report : worker.kdcs) {
      KdcSum& kdc = all[{report.address, report.port}];
      if (report.set_aside()) ++kdc.set_aside_by;
      for (std::size_t i = 0; i < kdc.transports.size(); ++i) add(kdc.transports[i], report.transports[i]);
    }
  }
  return all;
}

KdcStatus status_of(const std::string& address, const KdcSum& kdc) {
  KdcStatus status;
  status.address = address;
  status.set_aside_by = kdc.set_aside_by;
  for (std::size_t i = 0; i < kdc.transports.size(); ++i) {
    const Sum& sum = kdc.transports[i];
    if (!sum.used) continue;
    const std::uint64_t answers = sum.counts.answers;
    const auto mean =
        answers == 0 ? 0 : static_cast<std::uint64_t>(sum.weighted / static_cast<double>(answers));
    status.transports.push_back(
        {i == 0 ? "udp" : "tcp", sum.counts, mean, sum.p95_us, sum.set_aside_by, sum.failures_in_a_row});
  }
  return status;
}

// A list of each worker: where DNS has changed they differ for a moment.
void add_kdcs(RealmStatus& realm, std::size_t number, const std::vector<gateway::Report>& workers,
              std::map<std::string, KdcStatus>& kdcs) {
  for (const gateway::Report& worker : workers) {
    if (number >= worker.realms.size() || worker.realms[number].name != realm.realm.name) continue;
    const auto& located = worker.realms[number].located;
    if (!located || !located->kdcs) continue;
    for (const discovery::Kdc& kdc : *located->kdcs) {
      const std::string address = net::peer_name({kdc.address, kdc.port});
      if (std::find(realm.kdcs.begin(), realm.kdcs.end(), address) != realm.kdcs.end()) continue;
      realm.kdcs.push_back(address);
      KdcStatus& known = kdcs[address];
      known.address = address;
      known.name = kdc.name;
      known.realms.push_back(realm.realm.name);
    }
  }
}

}  // namespace

void take_reports(Status& status, const std::vector<gateway::Report>& workers,
                  const std::vector<Readiness::Realm>& realms) {
  std::map<std::string, KdcStatus> kdcs;
  for (const auto& [key, kdc] : sum(workers)) {
    const std::string address = net::peer_name({key.first, key.second});
    kdcs[address] = status_of(address, kdc);
  }
  for (std::size_t i = 0; i < realms.size(); ++i) {
    status.realms.push_back({realms[i], {}});
    add_kdcs(status.realms.back(), i, workers, kdcs);
  }
  for (auto& [address, kdc] : kdcs) status.kdcs.push_back(std::move(kdc));
  status.workers = static_cast<unsigned>(workers.size());
  status.events.assign(gateway::event_kinds, 0);
  for (const gateway::Report& worker : workers) {
    for (std::size_t i = 0; i < status.events.size(); ++i) status.events[i] += worker.counts.events[i];
    status.refusals.insert(status.refusals.end(), worker.refusals.begin(), worker.refusals.end());
  }
  std::stable_sort(status.refusals.begin(), status.refusals.end(),
                   [](const auto& a, const auto& b) { return a.time > b.time; });
  if (status.refusals.size() > gateway::Refusals::max_kept)
    status.refusals.resize(gateway::Refusals::max_kept);
}

RecentRequests requests_of(const History::Slot& slot) {
  const auto count = [&slot](EventKind kind) { return slot.events[static_cast<std::size_t>(kind)]; };
  RecentRequests sum;
  sum.answered = count(EventKind::exchange) + count(EventKind::sign_in);
  sum.throttled = count(EventKind::throttled);
  sum.refused = count(EventKind::refused) + count(EventKind::realm_not_served) + count(EventKind::malformed) +
                count(EventKind::http_violation) + sum.throttled;
  sum.failed = count(EventKind::no_kdc) + count(EventKind::no_realm) + count(EventKind::overload);
  sum.all = sum.answered + sum.refused + sum.failed;
  return sum;
}

RecentRequests recent_requests(const Status& status, std::chrono::seconds time) {
  RecentRequests sum;
  const auto wanted = static_cast<std::size_t>(time / History::interval);
  const std::size_t slots = std::min(status.history.size(), wanted);
  for (std::size_t i = status.history.size() - slots; i < status.history.size(); ++i) {
    const RecentRequests one = requests_of(status.history[i]);
    sum.all += one.all;
    sum.answered += one.answered;
    sum.refused += one.refused;
    sum.failed += one.failed;
    sum.throttled += one.throttled;
  }
  return sum;
}

}  // namespace ferryman
