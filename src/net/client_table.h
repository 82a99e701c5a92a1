#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/rate_limiter.h"
#include "net/network.h"

namespace ferryman::net {

// What one client may use, so that no client can take the service from the others. A client is an IPv4
// address or an IPv6 /56, what a site commonly gets. A rate of 0 is no limit.
struct ClientLimits {
  std::uint32_t max_connections = 5000;  // at once
  std::uint32_t connections_per_second = 200, connections_burst = 2000;
  std::uint32_t requests_per_second = 1000, requests_burst = 10000;
  std::vector<Network> exempt =
      loopback_networks();  // reverse proxies without the PROXY protocol, monitoring
};

// A client by its address; 0 stands for one that no limit applies to: exempt, or on a unix socket.
using ClientKey = std::uint64_t;
ClientKey client_key(const boost::asio::ip::address& address, const ClientLimits& limits);
// A client as far as only the source of a datagram says so: with limits of its own. None but the host itself
// is exempt, in whose name nobody sends from elsewhere.
ClientKey claimed_client_key(const boost::asio::ip::address& address, const ClientLimits& limits);

// The clients of the process. Thread-safe.
class ClientTable {
 public:
  using Clock = RateLimiter::Clock;

  // Counts a connection; empty when it may stay, otherwise the limit's name. One that stays is given back
  // with leave().
  std::string_view enter(ClientKey client, const ClientLimits& limits, Clock::time_point now);
  void leave(ClientKey client);
  // That client's connections; 0 for one that no limit applies to.
  std::uint32_t connections(ClientKey client);

  // Clients that have connections open, and buckets of rates that are not full.
  struct Counts {
    std::size_t connected = 0, buckets = 0;
  };
  Counts counts(Clock::time_point now);

  bool may_request(ClientKey client, const ClientLimits& limits, Clock::time_point now);

 private:
  RateLimiter rates_{std::size_t{1} << 15};
  std::mutex mutex_;
  std::unordered_map<ClientKey, std::uint32_t> connections_;
};

}  // namespace ferryman::net
