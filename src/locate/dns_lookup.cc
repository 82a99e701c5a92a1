#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <optional>

#include "discovery/dns_records.h"
#include "locate/candidate.h"

namespace ferryman::locate {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// A record's target before its address is known.
struct Target {
  discovery::Entry entry;
  std::uint16_t priority = 0, weight = 0;
};

struct Targets {
  std::vector<Target> list;
  std::uint32_t ttl = 0, negative_ttl = 0;
  bool failed = false;
  bool refused = false;  // there were records, none of which may be followed
};

std::string_view label(discovery::Service service) {
  return service == discovery::Service::kdc ? "_kerberos" : "_kpasswd";
}

std::uint32_t least(std::uint32_t a, std::uint32_t b) {
  return a == 0 ? b : b == 0 ? a : std::min(a, b);
}

// "krb5srv:FLAGS:TRANSPORT:HOST[:PORT]" as libkrb5 publishes it; the transport kkdcp is not followed.
std::optional<discovery::Entry> parse_uri(std::string_view target) {
  constexpr std::string_view scheme = "krb5srv:";
  if (!target.starts_with(scheme)) return std::nullopt;
  target.remove_prefix(scheme.size());
  const auto flags = target.find(':');
  if (flags == std::string_view::npos) return std::nullopt;
  target.remove_prefix(flags + 1);
  const auto transport = target.find(':');
  if (transport == std::string_view::npos) return std::nullopt;
  const std::string_view name = target.substr(0, transport);
  if (name != "udp" && name != "tcp") return std::nullopt;
  auto entry = discovery::parse_krb5_entry(target.substr(transport + 1));
  if (!entry) return std::nullopt;
  entry->transport = name == "udp" ? discovery::Transport::udp : discovery::Transport::tcp;
  return *entry;
}

// Two records that differ in the transport alone are one KDC that may be asked either way.
void add(std::vector<Target>& list, const Target& target) {
  const auto same = std::find_if(list.begin(), list.end(), [&](const Target& other) {
    return other.entry.host == target.entry.host && other.entry.port == target.entry.port &&
           other.priority == target.priority;
  });
  if (same == list.end()) {
    list.push_back(target);
  } else if (same->entry.transport != target.entry.transport) {
    same->entry.transport = discovery::Transport::any;
  }
}

asio::awaitable<Targets> ask_uri(net::Resolver& resolver, std::string name, Clock::time_point deadline) {
  const net::DnsAnswer answer = co_await resolver.query(std::move(name), net::RecordType::uri, deadline);
  Targets targets;
  targets.failed = net::has_failed(answer.status);
  const discovery::DnsRecords records = discovery::read_dns_records(answer.message);
  targets.ttl = records.ttl_seconds;
  targets.negative_ttl = records.negative_ttl_seconds;
  for (const discovery::UriRecord& record : records.uri) {
    if (const auto entry = parse_uri(record.target))
      add(targets.list, {*entry, record.priority, record.weight});
  }
  targets.refused = !records.uri.empty() && targets.list.empty();
  co_return targets;
}

asio::awaitable<Targets> ask_srv(net::Resolver& resolver, std::string domain, discovery::Service service,
                                 Clock::time_point deadline) {
  Targets targets;
  for (const discovery::Transport transport : {discovery::Transport::udp, discovery::Transport::tcp}) {
    const std::string name =
        std::string(label(service)) + (transport == discovery::Transport::udp ? "._udp." : "._tcp.") + domain;
    const net::DnsAnswer answer = co_await resolver.query(name, net::RecordType::srv, deadline);
    targets.failed = targets.failed || net::has_failed(answer.status);
    const discovery::DnsRecords records = discovery::read_dns_records(answer.message);
    targets.ttl = least(targets.ttl, records.ttl_seconds);
    targets.negative_ttl = least(targets.negative_ttl, records.negative_ttl_seconds);
    for (const discovery::SrvRecord& record : records.srv) {
      if (record.target == "." || record.port == 0) continue;
      const discovery::Entry entry{record.target, record.port, transport};
      add(targets.list, {entry, record.priority, record.weight});
    }
  }
  co_return targets;
}

// The addresses that may be connected to: what is checked here is what is connected.
asio::awaitable<Found> resolve(net::Resolver& resolver, Targets targets, const AddressRules& rules,
                               discovery::Service service, Clock::time_point deadline) {
  Found found;
  found.failed = targets.failed;
  std::uint32_t ttl = targets.ttl;
  bool refused = targets.refused;
  std::stable_sort(targets.list.begin(), targets.list.end(),
                   [](const Target& a, const Target& b) { return a.priority < b.priority; });
  if (targets.list.size() > max_targets) targets.list.resize(max_targets);
  for (const Target& target : targets.list) {
    const std::uint16_t port = target.entry.port != 0 ? target.entry.port : discovery::default_port(service);
    const net::Addresses resolved = co_await resolver.addresses(target.entry.host, deadline, net::Search::no);
    found.failed = found.failed || net::has_failed(resolved.status);
    ttl = least(ttl, resolved.ttl_seconds);
    for (const auto& address : resolved.addresses) {
      if (!rules.allows(address, port)) {
        refused = true;
      } else if (found.candidates.size() < max_candidates) {
        const std::string name = target.entry.host + ":" + std::to_string(port);
        found.candidates.push_back(
            {discovery::Kdc{address, port, target.entry.transport, name, 0, target.weight}, target.priority});
      }
    }
  }
  found.ttl = std::chrono::seconds(found.candidates.empty() ? targets.negative_ttl : ttl);
  if (found.candidates.empty())
    found.why = refused ? "records_refused" : found.failed ? why_failed(resolver) : "no_records";
  co_return found;
}

asio::awaitable<Found> find_service(net::Resolver& resolver, std::string domain, const AddressRules& rules,
                                    discovery::Service service, Clock::time_point deadline) {
  const std::string name = std::string(label(service)) + "." + domain;
  Targets targets = co_await ask_uri(resolver, name, deadline);
  if (targets.list.empty()) {
    Targets srv = co_await ask_srv(resolver, domain, service, deadline);
    srv.refused = targets.refused;
    srv.negative_ttl = least(srv.negative_ttl, targets.negative_ttl);
    targets = std::move(srv);
  }
  co_return co_await resolve(resolver, std::move(targets), rules, service, deadline);
}

}  // namespace

asio::awaitable<Found> find_dns(net::Resolver& resolver, std::shared_ptr<const PreparedSource> prepared,
                                Clock::time_point deadline) {
  const AddressRules& rules = prepared->rules;
  const discovery::Service service = prepared->service;
  const std::string& domain = prepared->source->dns_domain;
  Found found = co_await find_service(resolver, domain, rules, service, deadline);
  if (service == discovery::Service::kdc || !found.candidates.empty() || found.failed) co_return found;
  Found kdcs = co_await find_service(resolver, domain, rules, discovery::Service::kdc, deadline);
  for (Candidate& candidate : kdcs.candidates) {
    candidate.kdc.port = discovery::default_port(discovery::Service::kpasswd);
    candidate.kdc.transport = discovery::Transport::any;
  }
  co_return kdcs;
}

}  // namespace ferryman::locate
