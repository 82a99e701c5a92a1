#include "net/forwarded.h"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <string>
#include <utility>

#include "base/text.h"

namespace ferryman::net {
namespace {

namespace ip = boost::asio::ip;
using Endpoint = std::optional<ip::tcp::endpoint>;

constexpr std::string_view field_name(ClientAddress from) {
  return from == ClientAddress::forwarded ? "forwarded" : "x-forwarded-for";
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Whether the quotation mark at that place is itself quoted (RFC 9110 5.6.4).
bool is_escaped(std::string_view text, std::size_t quote) {
  std::size_t backslashes = 0;
  while (backslashes < quote && text[quote - backslashes - 1] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

// Takes the last element off a list. Read from the right, so that a mark that a client has left open further
// left spoils nothing.
std::string_view take_last(std::string_view& list, char separator) {
  bool quoted = false;
  for (std::size_t i = list.size(); i > 0; --i) {
    const char c = list[i - 1];
    if (c == '"' && !(quoted && is_escaped(list, i - 1))) quoted = !quoted;
    if (c != separator || quoted) continue;
    const std::string_view last = list.substr(i);
    list = list.substr(0, i - 1);
    return trim(last);
  }
  return trim(std::exchange(list, {}));
}

// The value of the one "for" of a forwarded-element (RFC 7239 4).
std::string_view node_of(std::string_view element) {
  std::string_view node;
  while (!element.empty()) {
    const std::string_view pair = take_last(element, ';');
    const auto equals = pair.find('=');
    if (!equal_without_case(pair.substr(0, equals), "for")) continue;
    if (!node.empty() || equals == std::string_view::npos) return {};
    node = pair.substr(equals + 1);
    if (node.size() >= 2 && node.front() == '"' && node.back() == '"') node = node.substr(1, node.size() - 2);
  }
  return node;
}

bool is_trusted(const std::vector<Network>& trusted, const ip::tcp::endpoint& node) {
  return any_contains(trusted, node.address());
}

// The list's last nodes up to the first that is not trusted; false: the search is over, found holds what it
// found.
bool search(ClientAddress from, std::string_view list, const std::vector<Network>& trusted, Endpoint& found) {
  while (!list.empty()) {
    const std::string_view element = take_last(list, ',');
    if (element.empty()) continue;  // RFC 9110 5.6.1
    found = parse_node(from == ClientAddress::forwarded ? node_of(element) : element);
    if (!found || !is_trusted(trusted, *found)) return false;
  }
  return true;
}

}  // namespace

Endpoint parse_node(std::string_view text) {
  constexpr std::size_t longest = 64;
  if (text.empty() || text.size() > longest) return std::nullopt;
  std::string_view host = text, port;
  if (text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (const auto colon = text.find(':'); colon == text.rfind(':') && colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  std::uint16_t number = 0;
  if (!port.empty()) {
    const char* const end = port.data() + port.size();
    const auto [stopped, fault] = std::from_chars(port.data() + 1, end, number);
    if (port.front() != ':' || fault != std::errc() || stopped != end) return std::nullopt;
  }
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(host), error);
  const bool bracketed = text.front() == '[';
  if (error || address.is_unspecified() || (bracketed && !address.is_v6())) return std::nullopt;
  if (host.find('%') != std::string_view::npos) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::tcp::endpoint(ip::make_address_v4(ip::v4_mapped, address.to_v6()), number);
  return ip::tcp::endpoint(address, number);
}

Endpoint forwarded_client(ClientAddress from, std::span<const local::Field> fields,
                          const std::vector<Network>& trusted) {
  Endpoint found;
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    if (field->name != field_name(from)) continue;
    if (!search(from, field->value, trusted, found)) return found;
  }
  return found;
}

}  // namespace ferryman::net
