#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace ferryman::probe {

// Where a KDC proxy is.
struct Target {
  bool tls = true;
  std::string host;  // without the brackets of IPv6
  std::uint16_t port = 443;
  std::string path = "/KdcProxy";

  bool is_ip_address() const;
  std::string authority() const;  // host:port as Host has it, IPv6 in brackets
  std::string url() const;
};

// "https://kdc.example.com/KdcProxy"; without scheme it is https, without path /KdcProxy. The error is a
// sentence.
tl::expected<Target, std::string> parse_url(std::string_view url);

// "192.0.2.1", "192.0.2.1:8443", "[::1]:8443", "::1", "name:8443".
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
tl::expected<HostPort, std::string> parse_host_port(std::string_view text, std::uint16_t default_port);

}  // namespace ferryman::probe
