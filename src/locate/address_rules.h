#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ferryman::locate {

// A network such as "127.0.0.0/8" or "fd00::/8".
class Network {
 public:
  // Nothing when text is not one; a plain address is a network of one.
  static std::optional<Network> parse(const std::string& text);
  bool contains(const boost::asio::ip::address& address) const;

 private:
  boost::asio::ip::address_v6::bytes_type octets_{};  // IPv4 as IPv4-mapped
  unsigned prefix_length_ = 0;
};

// Where records from DNS may lead (CVE-2025-59088): who controls a zone must not make this host ask whatever
// only this host can reach. Loopback, link-local, multicast, unspecified, broadcast and "this network"
// addresses are refused unless in allow_networks, ports other than 88 and 464 unless in allow_ports. Private
// networks are where KDCs live, and pass.
class AddressRules {
 public:
  AddressRules(const std::vector<std::string>& allow_networks, const std::vector<std::uint16_t>& allow_ports);

  bool allows(const boost::asio::ip::address& address, std::uint16_t port) const;

 private:
  std::vector<Network> allowed_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace ferryman::locate
