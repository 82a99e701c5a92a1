#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ferryman::net {

// A network such as "127.0.0.0/8" or "fd00::/8".
class Network {
 public:
  // Nothing when text is not one; a plain address is a network of one.
  static std::optional<Network> parse(const std::string& text);
  bool contains(const boost::asio::ip::address& address) const;
  std::string to_string() const;

  friend bool operator==(const Network&, const Network&) = default;

 private:
  boost::asio::ip::address_v6::bytes_type octets_{};  // IPv4 as IPv4-mapped
  unsigned prefix_length_ = 0;
};

// "127.0.0.0/8" and "::1".
std::vector<Network> loopback_networks();

bool any_contains(const std::vector<Network>& networks, const boost::asio::ip::address& address);

}  // namespace ferryman::net
