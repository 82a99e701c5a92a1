#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "discovery/kdc.h"

namespace ferryman::discovery {

constexpr std::uint16_t default_port(Service service) {
  return service == Service::kdc ? 88 : 464;
}

// One KDC as a configuration names it: an address or a host name, not yet looked up.
struct Entry {
  std::string host;
  std::uint16_t port = 0;  // 0: the service's own
  Transport transport = Transport::any;
};

// "10.0.0.1", "dc1.example.com:88", "[2001:db8::1]:88", "2001:db8::1", each with "tcp://" or "udp://" before
// it. The error says what is wrong, as a sentence's end.
tl::expected<Entry, std::string> parse_entry(std::string_view text);

// The same as libkrb5 writes it: "host", "host:port", "tcp/host:port", "udp/host".
tl::expected<Entry, std::string> parse_krb5_entry(std::string_view text);

}  // namespace ferryman::discovery
