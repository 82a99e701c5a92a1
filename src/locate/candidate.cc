#include "locate/candidate.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ferryman::locate {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

std::string host_port(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::vector<discovery::Entry> static_entries(const RealmSource& source, discovery::Service service) {
  const bool own = service == discovery::Service::kdc || !source.kpasswd.empty();
  const auto& texts =
      service == discovery::Service::kdc || source.kpasswd.empty() ? source.kdc : source.kpasswd;
  std::vector<discovery::Entry> entries;
  for (const auto& text : texts) {
    auto entry = discovery::parse_entry(text);
    if (!entry) continue;
    if (!own) entry->port = discovery::default_port(discovery::Service::kpasswd);
    entries.push_back(std::move(*entry));
  }
  return entries;
}

}  // namespace

PreparedSource::PreparedSource(std::shared_ptr<const RealmSource> s, discovery::Service for_service)
    : source(std::move(s)),
      service(for_service),
      entries(static_entries(*source, service)),
      rules(source->dns_allow_networks, source->dns_allow_ports, source->dns_any_port) {}

bool same_rank(const Candidate& a, const Candidate& b) {
  return a.nearness == b.nearness && a.priority == b.priority;
}

void put_in_order(std::vector<Candidate>& candidates, std::minstd_rand& random) {
  std::vector<std::pair<double, Candidate>> drawn;
  drawn.reserve(candidates.size());
  for (Candidate& candidate : candidates) {
    const double lot = discovery::draw_lot(candidate.kdc.weight, random);
    drawn.emplace_back(lot, std::move(candidate));
  }
  std::sort(drawn.begin(), drawn.end(), [](const auto& a, const auto& b) {
    return std::tie(a.second.nearness, a.second.priority, a.first) <
           std::tie(b.second.nearness, b.second.priority, b.first);
  });
  std::transform(drawn.begin(), drawn.end(), candidates.begin(),
                 [](auto& each) { return std::move(each.second); });
}

std::string_view why_failed(const net::Resolver& resolver) {
  return resolver.names_server() ? "dns_failed" : "no_dns_server";
}

asio::awaitable<Found> find_static(net::Resolver& resolver, std::vector<discovery::Entry> entries,
                                   discovery::Service service, Clock::time_point deadline) {
  Found found;
  found.unchanging = true;
  std::uint16_t priority = 0;
  for (const discovery::Entry& entry : entries) {
    const std::uint16_t port = entry.port != 0 ? entry.port : discovery::default_port(service);
    boost::system::error_code error;
    const auto address = asio::ip::make_address(entry.host, error);
    const std::string name = host_port(entry.host, port);
    if (!error) {
      found.candidates.push_back({discovery::Kdc{address, port, entry.transport, name}, priority++});
      continue;
    }
    found.unchanging = false;
    const net::Addresses resolved = co_await resolver.addresses(entry.host, deadline, net::Search::yes);
    const std::chrono::seconds ttl(resolved.ttl_seconds);
    found.ttl = found.ttl.count() == 0 ? ttl : std::min(found.ttl, ttl);
    found.failed = found.failed || net::has_failed(resolved.status);
    for (const auto& one : resolved.addresses) {
      found.candidates.push_back({discovery::Kdc{one, port, entry.transport, name}, priority++});
    }
  }
  if (found.candidates.size() > max_candidates) found.candidates.resize(max_candidates);
  if (found.candidates.empty()) found.why = found.failed ? why_failed(resolver) : "names_not_found";
  co_return found;
}

}  // namespace ferryman::locate
