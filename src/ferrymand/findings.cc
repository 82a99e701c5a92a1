#include "ferrymand/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace ferryman {
namespace {

using Findings = std::vector<Finding>;

constexpr std::chrono::minutes recent{5};
// Fewer than that say nothing, and less than that part of all.
constexpr std::uint64_t least_many = 20, least_part = 20;

std::string label(const KdcStatus& kdc) {
  if (kdc.name.empty() || kdc.address.starts_with(kdc.name)) return kdc.address;
  return fmt::format("{} ({})", kdc.name, kdc.address);
}

std::string texts(const std::vector<std::string>& all) {
  return fmt::format("{}", fmt::join(all, ", "));
}

void add_realms(const Status& status, Findings& found) {
  for (const RealmStatus& each : status.realms) {
    if (!each.realm.served)
      found.push_back({true, fmt::format("{} is not served: {}.", each.realm.name, each.realm.state)});
  }
}

void add_kdcs(const Status& status, Findings& found) {
  for (const KdcStatus& kdc : status.kdcs) {
    const std::string of = kdc.realms.empty() ? "" : " of " + texts(kdc.realms);
    if (kdc.set_aside_by > 0) {
      found.push_back({true, fmt::format("KDC {}{} does not answer: set aside by {} of {} workers.",
                                         label(kdc), of, kdc.set_aside_by, status.workers)});
      continue;
    }
    for (const TransportStatus& transport : kdc.transports) {
      if (transport.set_aside_by == 0) continue;
      const std::string_view name = transport.name == "udp" ? "UDP" : "TCP";
      found.push_back({false, fmt::format("KDC {}{} does not answer over {}: a firewall may drop it.",
                                          label(kdc), of, name)});
    }
  }
}

void add_local(const Status& status, Findings& found) {
  if (!status.local.configured) return;
  if (!status.local.status) return found.push_back({true, "ferryman-realm does not answer."});
  if (status.local.status->waiting > 0 && status.local.status->busy > 0)
    found.push_back({false, "ferryman-realm has refused requests as too many waited, and some wait now."});
}

void add_certificates(const Status& status, Findings& found) {
  for (const net::CertificateDates& certificate : status.process.certificates) {
    if (!expires_soon(certificate, status.now)) continue;
    const std::chrono::seconds left(certificate.not_after - std::chrono::system_clock::to_time_t(status.now));
    const auto days = std::chrono::duration_cast<std::chrono::days>(left).count();
    found.push_back(
        {left.count() <= 0,
         left.count() <= 0
             ? fmt::format("The certificate of {} has expired.", certificate.subject)
             : fmt::format("The certificate of {} expires in {} days.", certificate.subject, days)});
  }
}

void add_requests(const Status& status, Findings& found) {
  const RecentRequests sum = recent_requests(status, recent);
  const auto many = [&sum](std::uint64_t count) {
    return count >= least_many && count >= sum.all / least_part;
  };
  if (many(sum.failed))
    found.push_back({true, fmt::format("{} of the last {} requests got no answer, within five minutes.",
                                       sum.failed, sum.all)});
  if (many(sum.refused))
    found.push_back({false, fmt::format("{} of the last {} requests were refused, within five minutes.",
                                        sum.refused, sum.all)});
  if (sum.throttled > 0)
    found.push_back(
        {false, fmt::format("Clients send more than they may: {} requests were throttled within five "
                            "minutes.",
                            sum.throttled)});
}

}  // namespace

bool expires_soon(const net::CertificateDates& certificate, std::chrono::system_clock::time_point now) {
  constexpr std::int64_t soon = std::chrono::seconds(std::chrono::days(14)).count();
  const std::int64_t left = certificate.not_after - std::chrono::system_clock::to_time_t(now);
  return left <= std::min(soon, (certificate.not_after - certificate.not_before) / 3);
}

std::vector<Finding> findings(const Status& status) {
  Findings found;
  add_realms(status, found);
  add_kdcs(status, found);
  add_local(status, found);
  add_certificates(status, found);
  add_requests(status, found);
  if (status.draining) found.push_back({false, "The service is told to stop, and lets end what has begun."});
  std::stable_sort(found.begin(), found.end(),
                   [](const Finding& a, const Finding& b) { return a.is_error > b.is_error; });
  return found;
}

}  // namespace ferryman
