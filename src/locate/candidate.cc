#include "locate/candidate.h"

#include <algorithm>
#include <tuple>

namespace ferryman::locate {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

std::string host_port(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

bool same_rank(const Candidate& a, const Candidate& b) {
  return a.nearness == b.nearness && a.priority == b.priority;
}

void put_in_order(std::vector<Candidate>& candidates, std::minstd_rand& random) {
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.nearness, a.priority) < std::tie(b.nearness, b.priority);
  });
  for (auto group = candidates.begin(); group != candidates.end();) {
    auto end =
        std::find_if(group, candidates.end(), [&](const Candidate& c) { return !same_rank(c, *group); });
    while (group != end) {
      // Weights of 0 come first, so that they are taken only when the number drawn is 0 (RFC 2782, "Weight").
      std::stable_sort(group, end,
                       [](const Candidate& a, const Candidate& b) { return a.weight == 0 && b.weight != 0; });
      unsigned sum = 0;
      for (auto c = group; c != end; ++c) sum += c->weight;
      const unsigned drawn = sum == 0 ? 0 : std::uniform_int_distribution<unsigned>(0, sum)(random);
      unsigned running = 0;
      auto chosen =
          std::find_if(group, end, [&](const Candidate& c) { return (running += c.weight) >= drawn; });
      std::rotate(group, chosen, chosen + 1);
      ++group;
    }
  }
}

asio::awaitable<Found> find_static(net::Resolver& resolver, std::vector<Entry> entries, Service service,
                                   Clock::time_point deadline) {
  Found found;
  found.unchanging = true;
  std::uint16_t priority = 0;
  for (const Entry& entry : entries) {
    const std::uint16_t port = entry.port != 0 ? entry.port : default_port(service);
    boost::system::error_code error;
    const auto address = asio::ip::make_address(entry.host, error);
    const std::string name = host_port(entry.host, port);
    if (!error) {
      found.candidates.push_back({Kdc{address, port, entry.transport, name}, priority++, 0});
      continue;
    }
    found.unchanging = false;
    const net::Addresses resolved = co_await resolver.addresses(entry.host, deadline);
    const std::chrono::seconds ttl(resolved.ttl_seconds);
    found.ttl = found.ttl.count() == 0 ? ttl : std::min(found.ttl, ttl);
    found.failed = found.failed || net::has_failed(resolved.status);
    for (const auto& one : resolved.addresses) {
      found.candidates.push_back({Kdc{one, port, entry.transport, name}, priority++, 0});
    }
  }
  if (found.candidates.size() > max_candidates) found.candidates.resize(max_candidates);
  if (found.candidates.empty()) found.why = "names_not_found";
  co_return found;
}

}  // namespace ferryman::locate
