#include "discovery/entry.h"

#include <algorithm>
#include <charconv>

namespace ferryman::discovery {
namespace {

using Failure = tl::unexpected<std::string>;

tl::expected<std::uint16_t, std::string> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535) {
    return Failure("\"" + std::string(text) + "\" is not a port from 1 to 65535");
  }
  return static_cast<std::uint16_t>(port);
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

bool is_v6(std::string_view host) {
  boost::system::error_code error;
  boost::asio::ip::make_address_v6(std::string(host), error);
  return !error;
}

// host, host:port, [v6], [v6]:port, v6
tl::expected<Entry, std::string> parse_host_port(std::string_view text) {
  Entry entry;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return Failure("\"]\" is missing");
    entry.host = text.substr(1, end - 1);
    if (!is_v6(entry.host)) return Failure("\"" + entry.host + "\" is not an IPv6 address");
    port = text.substr(end + 1);
  } else if (is_v6(text)) {
    entry.host = text;
  } else {
    const auto colon = text.find(':');
    entry.host = text.substr(0, colon);
    if (!is_host(entry.host)) return Failure("\"" + entry.host + "\" is neither an address nor a host name");
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (port.empty()) return entry;
  if (port.front() != ':') return Failure("\":port\" is expected after \"]\"");
  const auto number = parse_port(port.substr(1));
  if (!number) return Failure(number.error());
  entry.port = *number;
  return entry;
}

tl::expected<Entry, std::string> with_transport(std::string_view text, Transport transport) {
  auto entry = parse_host_port(text);
  if (entry) entry->transport = transport;
  return entry;
}

}  // namespace

tl::expected<Entry, std::string> parse_entry(std::string_view text) {
  if (text.starts_with("tcp://")) return with_transport(text.substr(6), Transport::tcp);
  if (text.starts_with("udp://")) return with_transport(text.substr(6), Transport::udp);
  if (text.find("://") != std::string_view::npos) {
    return Failure("only tcp:// and udp:// lead to a KDC");
  }
  return with_transport(text, Transport::any);
}

tl::expected<Entry, std::string> parse_krb5_entry(std::string_view text) {
  if (text.starts_with("tcp/")) return with_transport(text.substr(4), Transport::tcp);
  if (text.starts_with("udp/")) return with_transport(text.substr(4), Transport::udp);
  return with_transport(text, Transport::any);
}

}  // namespace ferryman::discovery
