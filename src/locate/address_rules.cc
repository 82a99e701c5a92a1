#include "locate/address_rules.h"

#include <algorithm>

namespace ferryman::locate {
namespace {

namespace ip = boost::asio::ip;

bool is_special(const ip::address_v4& address) {
  const auto octets = address.to_bytes();
  const bool link_local = octets[0] == 169 && octets[1] == 254;
  return octets[0] == 0 || address.is_loopback() || link_local || address.is_multicast() || octets[0] >= 240;
}

bool is_special(const ip::address& address) {
  if (address.is_v4()) return is_special(address.to_v4());
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return is_special(ip::make_address_v4(ip::v4_mapped, v6));
  const auto octets = v6.to_bytes();
  // ::/96 holds the unspecified and loopback addresses and the deprecated IPv4-compatible ones; 64:ff9b::/96
  // and 2002::/16 lead to IPv4 addresses through a translator.
  const bool low =
      std::all_of(octets.begin(), octets.begin() + 12, [](unsigned char octet) { return octet == 0; });
  const bool nat64 = octets[0] == 0 && octets[1] == 0x64 && octets[2] == 0xff && octets[3] == 0x9b;
  const bool six_to_four = octets[0] == 0x20 && octets[1] == 0x02;
  return low || nat64 || six_to_four || v6.is_link_local() || v6.is_site_local() || v6.is_multicast();
}

}  // namespace

AddressRules::AddressRules(const std::vector<std::string>& allow_networks,
                           const std::vector<std::uint16_t>& allow_ports, bool any_port)
    : ports_(allow_ports), any_port_(any_port) {
  for (const auto& text : allow_networks) {
    if (auto network = net::Network::parse(text)) allowed_.push_back(*network);
  }
}

bool AddressRules::allows(const ip::address& address, std::uint16_t port) const {
  const bool port_allowed =
      any_port_ || port == 88 || port == 464 || std::find(ports_.begin(), ports_.end(), port) != ports_.end();
  if (!port_allowed) return false;
  return !is_special(address) || net::any_contains(allowed_, address);
}

}  // namespace ferryman::locate
