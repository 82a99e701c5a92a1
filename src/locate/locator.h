#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "discovery/dc_flags.h"
#include "discovery/kdc.h"
#include "net/resolver.h"

namespace ferryman::locate {

// local: by ferryman-realm, where nothing is to be found.
enum class Discovery : std::uint8_t { static_list, dns, krb5, ad, local };

// How the KDCs of one realm are found; the part of the configuration that this folder reads.
struct RealmSource {
  std::string realm;  // as configured, upper case kept as written
  // Made from a wildcard for a name that a client gave: its domain's word about its NetBIOS name is not
  // taken.
  bool derived = false;
  Discovery discovery = Discovery::static_list;
  // A list that is given goes before discovery, each for its service.
  std::vector<std::string> kdc;      // "10.0.0.1", "tcp://dc1.example.com:88", "udp://[::1]:88"
  std::vector<std::string> kpasswd;  // the same; static and empty: the hosts of kdc at port 464
  std::string dns_domain;            // dns, ad: where the records are
  std::string site;                  // ad: the site to prefer; empty: the one that the domain tells
  std::string krb5_conf;             // krb5: the file, default /etc/krb5.conf
  bool dns_fallback = true;          // krb5: DNS where the file has nothing
  // What an answer from DNS may point at beyond public and private unicast addresses at ports 88, 464.
  std::vector<std::string> dns_allow_networks;  // "127.0.0.0/8", "fe80::/10"
  std::vector<std::uint16_t> dns_allow_ports;
  bool dns_any_port = false;
};

struct Candidate;
struct DomainController;

struct Located {
  discovery::KdcList kdcs;  // empty list or null: none; why says the cause
  std::string_view why;     // fixed word for events: "dns_nxdomain", "dns_timeout", "all_refused", ...
};

// What one request asks for. With discovery = "ad" hint and armored choose among the domain controllers.
struct Query {
  discovery::Service service = discovery::Service::kdc;
  std::uint32_t hint = discovery::hint::none_given;  // dclocator-hint; valid by is_valid_hint()
  bool armored = false;                              // FAST
};

struct LookupEnd {
  const RealmSource& source;
  discovery::Service service;
  const discovery::Wanted& wanted;
  std::string_view why;                // of an empty list, or of a failure that leaves the old list in use
  const std::vector<Candidate>& list;  // in use from now on
  bool changed;                        // it names others than before, or with other weights
  bool rediscovery;
};

// Who is told of lookups. All calls on the worker's thread; references are valid during the call.
class LocatorObserver {
 public:
  virtual ~LocatorObserver() = default;
  // A lookup begins because no KDC that was known has answered.
  virtual void on_rediscovery(const RealmSource& source, discovery::Service service) = 0;
  // A lookup of the network has ended.
  virtual void on_located(const LookupEnd& end) = 0;
  // ad: one candidate of a lookup that has ended.
  virtual void on_candidate(const RealmSource& source, const DomainController& dc,
                            std::string_view verdict) = 0;
};

// Finds KDCs and remembers them, for one worker: no locks. What is cached is one list for each realm,
// service and set of wanted flags; of the least used, as many as `max_cached` are forgotten first.
//
// Answers from DNS are kept for their TTL (bounded to 5 s .. 1 h, with pings 15 min, 60 s where one was
// silent), absent ones for the SOA's negative TTL (bounded to 5 s .. 60 s), failures for 5 s, none of these
// beyond a change of resolv.conf or the hosts file. Where a part of the names could not be looked up, the
// rest is kept for 60 s at most. A request that comes in the last fifth or so of that time has the lookup
// repeated in the background. Where the network fails, what it said before serves on for up to an hour. Equal
// questions that are under way are asked once. Static lists of addresses wait for nothing after the first
// request.
//
// KDCs of equal priority are of one rank, among which each request draws lots by their weights.
class Locator {
 public:
  // resolver and observer, which may be null, outlive the locator and its lookups.
  explicit Locator(net::Resolver& resolver, LocatorObserver* observer = nullptr);
  ~Locator();

  // source is shared so that a reload while this waits does no harm; the cache is keyed by its identity,
  // so a reload starts afresh. DS_FORCE_REDISCOVERY in the hint does as rediscover().
  boost::asio::awaitable<Located> locate(std::shared_ptr<const RealmSource> source, Query query,
                                         std::chrono::steady_clock::time_point deadline);

  // What locate() would say without waiting for anything, if it would.
  std::optional<Located> recall(const std::shared_ptr<const RealmSource>& source, const Query& query,
                                std::chrono::steady_clock::time_point now);

  // The same after a new lookup, for a caller whom none of the KDCs has answered. Lookups that began less
  // than 5 s ago count as new.
  boost::asio::awaitable<Located> rediscover(std::shared_ptr<const RealmSource> source, Query query,
                                             std::chrono::steady_clock::time_point deadline);

  // What lookups of a realm's KDCs have come to, whatever they wanted: a list where one of them has one.
  // Nothing where none has ended, or all have found none too long ago to be believed. Looks nothing up.
  std::optional<Located> latest(const RealmSource& source, std::chrono::steady_clock::time_point now) const;

  // The realm of the domain whose NetBIOS name that is, as its domain controllers told; empty when unknown.
  std::string_view realm_of_netbios(std::string_view name) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // lookups under way hold it
};

// Checks the parts of a source that do not need the network ("tcp://host:port" syntax, networks, the
// krb5.conf); every mistake as a sentence without a full stop. For --check.
std::vector<std::string> check(const RealmSource& source);

}  // namespace ferryman::locate
