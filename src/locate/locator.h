#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "locate/kdc.h"
#include "net/resolver.h"

namespace ferryman::locate {

enum class Discovery : std::uint8_t { static_list, dns, krb5 };

// How the KDCs of one realm are found; the part of the configuration that this folder reads.
struct RealmSource {
  std::string realm;  // as configured, upper case kept as written
  Discovery discovery = Discovery::static_list;
  // A list that is given goes before discovery, each for its service.
  std::vector<std::string> kdc;      // "10.0.0.1", "tcp://dc1.example.com:88", "udp://[::1]:88"
  std::vector<std::string> kpasswd;  // the same; static and empty: the hosts of kdc at port 464
  std::string dns_domain;            // dns: where the records are
  std::string krb5_conf;             // krb5: the file, default /etc/krb5.conf
  bool dns_fallback = true;          // krb5: DNS where the file has nothing
  // What an answer from DNS may point at beyond public and private unicast addresses at ports 88, 464.
  std::vector<std::string> dns_allow_networks;  // "127.0.0.0/8", "fe80::/10"
  std::vector<std::uint16_t> dns_allow_ports;
  bool dns_any_port = false;
};

struct Located {
  KdcList kdcs;          // empty list or null: none; why says the cause
  std::string_view why;  // fixed word for events: "dns_nxdomain", "dns_timeout", "all_refused", ...
};

// Finds KDCs and remembers them, for one worker: no locks. Answers from DNS are kept for their TTL
// (bounded to 5 s .. 1 h), absent ones for the SOA's negative TTL (bounded to 5 s .. 60 s), failures for
// 5 s. Where DNS fails, what it said before serves on for up to an hour past its TTL. Equal questions that
// are under way are asked once. Static lists of addresses wait for nothing after the first request.
//
// RFC 2782 order: a new weighted choice among equal priorities for each call.
class Locator {
 public:
  explicit Locator(net::Resolver& resolver);
  ~Locator();

  // source is shared so that a reload while this waits does no harm; the cache is keyed by its identity,
  // so a reload starts afresh.
  boost::asio::awaitable<Located> locate(std::shared_ptr<const RealmSource> source, Service service,
                                         std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // lookups under way hold it
};

// Checks the parts of a source that do not need the network ("tcp://host:port" syntax, networks, the
// krb5.conf); every mistake as a sentence without a full stop. For --check.
std::vector<std::string> check(const RealmSource& source);

}  // namespace ferryman::locate
