#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "discovery/dc_flags.h"
#include "locate/candidate.h"
#include "locate/ping.h"

namespace ferryman::locate {

// What pings have told of a domain so far; one per domain and worker.
struct DomainFacts {
  std::string netbios_name;
  std::string client_site, next_closest_site;  // of this host, as the domain sees its address
  bool has_ds_8 = false;                       // some domain controller of it has shown DS_8
};

// What may stand in a DNS name as a site. Those that pings tell are held to it as well.
bool is_site(std::string_view site);

// Where a candidate stands, the nearest first.
enum class Nearness : std::uint8_t { own_site, next_closest_site, elsewhere };

// A Candidate's nearness is twice that, one more without the preferred flags, and this more for what is tried
// when all others have failed: read-only ones for FAST.
inline constexpr std::uint8_t beyond_all_sites = 6;

// One address of a domain controller and what came of asking it.
struct DomainController {
  Candidate candidate;
  Nearness nearness = Nearness::elsewhere;
  bool asked = false;
  Ping ping;
};

// Told of each candidate at a search's end. verdict: why it is not chosen ("silent", "lacks WRITABLE"); empty
// when it may be.
using CandidateObserver = std::function<void(const DomainController&, std::string_view verdict)>;

struct AdSearch {
  std::shared_ptr<const PreparedSource> prepared;
  discovery::Wanted wanted;
  std::shared_ptr<DomainFacts> facts;
  // Called with what is known as soon as a request can be served from it, while the search goes on.
  std::function<void(Found)> preliminary;
  CandidateObserver on_candidate;
};

// What DsrGetDcNameEx2 does (MS-NRPC 3.5.4.3.1, MS-ADTS 6.3.6): SRV records under _msdcs, those of the site
// (configured, or the one that an earlier ping told) and those of the domain at the same time, then pings to
// the candidates in small waves, the nearest first, until a few will do. Domain controllers that answer with
// what is wanted are the result, by nearness, priority, weight.
boost::asio::awaitable<Found> find_ad(net::Resolver& resolver, AdSearch search,
                                      std::chrono::steady_clock::time_point deadline);

}  // namespace ferryman::locate
