#include "net/endpoint_name.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace ferryman::net {
namespace {

namespace ip = boost::asio::ip;

char* write_v4(char* at, const ip::address_v4& address) {
  for (const unsigned octet : address.to_bytes()) {
    at = std::to_chars(at, at + 3, octet).ptr;
    *at++ = '.';
  }
  return at - 1;
}

// The second argument is the end of the room.
char* write_v6(char* at, const char* end, const ip::address_v6& address) {
  if (address.scope_id() != 0) {
    const std::string scoped = address.to_string();
    return std::copy_n(scoped.data(), std::min<std::size_t>(scoped.size(), end - at), at);
  }
  const auto octets = address.to_bytes();
  ::inet_ntop(AF_INET6, octets.data(), at, static_cast<socklen_t>(end - at));
  return at + std::strlen(at);
}

}  // namespace

EndpointName::EndpointName(const ip::address& address, std::uint16_t port) {
  constexpr std::size_t longest_tail = sizeof "]:65535" - 1;
  char* at = text_.data();
  char* const end = at + text_.size();
  if (address.is_v4()) {
    at = write_v4(at, address.to_v4());
  } else {
    *at++ = '[';
    at = write_v6(at, end - longest_tail, address.to_v6());
    *at++ = ']';
  }
  *at++ = ':';
  size_ = static_cast<std::size_t>(std::to_chars(at, end, port).ptr - text_.data());
}

}  // namespace ferryman::net
