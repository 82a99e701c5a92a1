#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ferryman::net {

// "192.0.2.1:88", "[2001:db8::1]:88": written for each request, so in place.
class EndpointName {
 public:
  EndpointName(const boost::asio::ip::address& address, std::uint16_t port);
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 80> text_;  // "[", an IPv6 address, "%", an interface, "]:65535"
  std::size_t size_;
};

}  // namespace ferryman::net
