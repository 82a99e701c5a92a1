#include "net/network.h"

#include <algorithm>
#include <charconv>

namespace ferryman::net {
namespace {

namespace ip = boost::asio::ip;

ip::address_v6::bytes_type mapped(const ip::address& address) {
  return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes()
                         : address.to_v6().to_bytes();
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

std::string Network::to_string() const {
  const ip::address_v6 v6(octets_);
  constexpr unsigned v4_at = 96;
  const bool v4 = v6.is_v4_mapped() && prefix_length_ >= v4_at;
  const ip::address address = v4 ? ip::address(ip::make_address_v4(ip::v4_mapped, v6)) : ip::address(v6);
  return address.to_string() + "/" + std::to_string(v4 ? prefix_length_ - v4_at : prefix_length_);
}

std::vector<Network> loopback_networks() {
  return {*Network::parse("127.0.0.0/8"), *Network::parse("::1")};
}

bool any_contains(const std::vector<Network>& networks, const ip::address& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&address](const Network& network) { return network.contains(address); });
}

}  // namespace ferryman::net
