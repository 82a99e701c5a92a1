#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "discovery/entry.h"
#include "discovery/kdc.h"
#include "locate/address_rules.h"
#include "locate/locator.h"
#include "net/resolver.h"

namespace ferryman::locate {

// A KDC with its priority (RFC 2782). nearness, of a site, goes before priority.
struct Candidate {
  discovery::Kdc kdc;
  std::uint16_t priority = 0;
  std::uint8_t nearness = 0;
};

// What a lookup came to.
struct Found {
  std::vector<Candidate> candidates;
  std::string_view why;  // where there is none
  std::chrono::seconds ttl{0};
  bool unchanging = false;  // from numeric addresses alone: never looked up again
  bool failed = false;      // the network or a server failed, so what was known before may serve on
};

// A source as lookups of one service need it: its texts are read once, not at each lookup.
struct PreparedSource {
  // A text that cannot be read is passed over; check() has said so.
  PreparedSource(std::shared_ptr<const RealmSource> source, discovery::Service service);

  std::shared_ptr<const RealmSource> source;
  discovery::Service service;
  std::vector<discovery::Entry> entries;  // of its own list
  AddressRules rules;                     // for what comes from DNS
};

// At most this many addresses are tried for one answer.
inline constexpr std::size_t max_candidates = 32, max_targets = 16;

// RFC 2782: ascending priority; among equal ones at random by weight.
void put_in_order(std::vector<Candidate>& candidates, std::minstd_rand& random);

bool same_rank(const Candidate& a, const Candidate& b);

// Of a lookup that no server answered, for events.
std::string_view why_failed(const net::Resolver& resolver);

// A configured list: addresses as they are, names looked up. Their order is kept by ascending priority.
boost::asio::awaitable<Found> find_static(net::Resolver& resolver, std::vector<discovery::Entry> entries,
                                          discovery::Service service,
                                          std::chrono::steady_clock::time_point deadline);

// URI records of `_kerberos.DOMAIN` or `_kpasswd.DOMAIN`, and without any SRV records of _udp and _tcp, as
// libkrb5 has it. A realm without kpasswd records of its own has its kpasswd service at its KDCs, port 464.
// A record that leads to a KKDCP proxy is passed over.
boost::asio::awaitable<Found> find_dns(net::Resolver& resolver,
                                       std::shared_ptr<const PreparedSource> prepared,
                                       std::chrono::steady_clock::time_point deadline);

}  // namespace ferryman::locate
