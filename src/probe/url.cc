#include "probe/url.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace ferryman::probe {
namespace {

// What may stand in a request line and in Host: neither can be left by it.
bool is_graphic(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool take_scheme(std::string_view& url, Target& target) {
  const std::size_t end = url.find("://");
  if (end == std::string_view::npos) return true;
  const std::string_view scheme = url.substr(0, end);
  url.remove_prefix(end + 3);
  target.tls = !equal_without_case(scheme, "http");
  return !target.tls || equal_without_case(scheme, "https") || equal_without_case(scheme, "kkdcp");
}

}  // namespace

bool Target::is_ip_address() const {
  std::array<std::uint8_t, sizeof(in6_addr)> address;
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

std::string Target::authority() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::string Target::url() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), path);
}

tl::expected<HostPort, std::string> parse_host_port(std::string_view text, std::uint16_t default_port) {
  HostPort result{{}, default_port};
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return tl::unexpected(std::string("a \"[\" without its \"]\""));
    result.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (const std::size_t colon = text.find(':'); colon == text.rfind(':')) {
    result.host = text.substr(0, colon);
    port = text.substr(std::min(colon, text.size()));
  } else {
    result.host = text;  // IPv6 without brackets
  }
  if (result.host.empty() || result.host.size() > 253 || !is_graphic(result.host))
    return tl::unexpected(std::string("no host name"));
  if (port.empty()) return result;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), result.port);
  if (port[0] != ':' || error != std::errc() || end != port.data() + port.size() || result.port == 0)
    return tl::unexpected(fmt::format("\"{}\" is no port", port));
  return result;
}

tl::expected<Target, std::string> parse_url(std::string_view url) {
  Target target;
  if (!take_scheme(url, target))
    return tl::unexpected(std::string("only https:// and http:// can be probed"));
  const std::size_t slash = std::min(url.find('/'), url.size());
  auto where = parse_host_port(url.substr(0, slash), target.tls ? 443 : 80);
  if (!where) return tl::unexpected(where.error());
  target.host = std::move(where->host);
  target.port = where->port;
  if (const std::string_view path = url.substr(slash); path.size() > 1) target.path = path;
  if (target.host.find('@') != std::string::npos || !is_graphic(target.path) || target.path.size() > 2048)
    return tl::unexpected(
        std::string("a user, a space or a control character stands in it, or it is too long"));
  return target;
}

}  // namespace ferryman::probe
