#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "net/network.h"

namespace ferryman::locate {

// Where records from DNS may lead (CVE-2025-59088): who controls a zone must not make this host ask whatever
// only this host can reach. Loopback, link-local, multicast, unspecified, broadcast and "this network"
// addresses are refused unless in allow_networks, ports other than 88 and 464 unless in allow_ports. Private
// networks are where KDCs live, and pass.
class AddressRules {
 public:
  AddressRules(const std::vector<std::string>& allow_networks, const std::vector<std::uint16_t>& allow_ports,
               bool any_port = false);

  bool allows(const boost::asio::ip::address& address, std::uint16_t port) const;

 private:
  std::vector<net::Network> allowed_;
  std::vector<std::uint16_t> ports_;
  bool any_port_;
};

}  // namespace ferryman::locate
