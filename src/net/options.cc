#include "net/options.h"

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace ferryman::net {

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  ListenAddress address;
  if (text.starts_with("unix:")) {
    address.path_name = text.substr(5);
    if (!address.path_name.starts_with('/')) return std::nullopt;
    return address;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon), port = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  address.host = host == "*" ? "::" : std::string(host);
  std::uint32_t number = 0;
  const auto [end, bad_port] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (bad_port != std::errc() || end != port.data() + port.size()) return std::nullopt;
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address.host, error);
  if (error || number == 0 || number > 65535) return std::nullopt;
  if (parsed.is_v6() != bracketed && host != "*") return std::nullopt;
  address.host = parsed.to_string();
  address.port = static_cast<std::uint16_t>(number);
  return address;
}

}  // namespace ferryman::net
