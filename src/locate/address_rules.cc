#include "locate/address_rules.h"

#include <algorithm>
#include <charconv>

namespace ferryman::locate {
namespace {

namespace ip = boost::asio::ip;

ip::address_v6::bytes_type mapped(const ip::address& address) {
  return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes()
                         : address.to_v6().to_bytes();
}

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

std::optional<Network> Network::parse(const std::string& text) {
  const auto slash = text.find('/');
  boost::system::error_code error;
  const auto address = ip::make_address(text.substr(0, slash), error);
  if (error) return std::nullopt;
  const unsigned size = address.is_v4() ? 32 : 128;
  unsigned length = size;
  if (slash != std::string::npos) {
    const char* begin = text.data() + slash + 1;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(begin, end, length);
    if (failure != std::errc() || stop != end || length > size) return std::nullopt;
  }
  Network network;
  network.octets_ = mapped(address);
  network.prefix_length_ = length + 128 - size;
  return network;
}

bool Network::contains(const ip::address& address) const {
  const auto octets = mapped(address);
  for (unsigned i = 0; i < 16 && i * 8 < prefix_length_; ++i) {
    const unsigned bits = std::min(8U, prefix_length_ - i * 8);
    const unsigned mask = (0xff00U >> bits) & 0xff;
    if ((octets[i] & mask) != (octets_[i] & mask)) return false;
  }
  return true;
}

AddressRules::AddressRules(const std::vector<std::string>& allow_networks,
                           const std::vector<std::uint16_t>& allow_ports)
    : ports_(allow_ports) {
  for (const auto& text : allow_networks) {
    if (auto network = Network::parse(text)) allowed_.push_back(*network);
  }
}

bool AddressRules::allows(const ip::address& address, std::uint16_t port) const {
  const bool port_allowed =
      port == 88 || port == 464 || std::find(ports_.begin(), ports_.end(), port) != ports_.end();
  if (!port_allowed) return false;
  return !is_special(address) || std::any_of(allowed_.begin(), allowed_.end(), [&](const Network& network) {
    return network.contains(address);
  });
}

}  // namespace ferryman::locate
