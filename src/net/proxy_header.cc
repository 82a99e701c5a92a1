#include "net/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace ferryman::net {
namespace {

namespace ip = boost::asio::ip;
using State = ProxyHeader::State;

constexpr std::string_view signature_1 = "PROXY ";
constexpr std::string_view signature_2{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t longest_1 = 107;  // with its CR LF

ProxyHeader malformed() {
  return {State::malformed, 0, {}};
}

// Whether input is the begin of signature or begins with it.
bool may_be(Bytes input, std::string_view signature) {
  return as_text(input).substr(0, signature.size()) == signature.substr(0, input.size());
}

std::string_view next_word(std::string_view& line) {
  const auto end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

std::optional<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (error != std::errc() || end != text.data() + text.size() || leading_zero) return std::nullopt;
  return port;
}

// "TCP4 192.0.2.1 192.0.2.2 50000 443"
ProxyHeader read_line(std::string_view line, std::size_t size) {
  if (line.ends_with(' ')) return malformed();
  const std::string_view protocol = next_word(line);
  if (protocol == "UNKNOWN") return {State::complete, size, {}};
  if (protocol != "TCP4" && protocol != "TCP6") return malformed();
  std::array<ip::address, 2> addresses;
  for (auto& address : addresses) {
    boost::system::error_code error;
    address = ip::make_address(std::string(next_word(line)), error);
    if (error || address.is_v6() != (protocol == "TCP6")) return malformed();
  }
  const auto source_port = read_port(next_word(line));
  const auto destination_port = read_port(next_word(line));
  if (!source_port || !destination_port || !line.empty()) return malformed();
  return {State::complete, size, ip::tcp::endpoint(addresses[0], *source_port)};
}

ProxyHeader read_version_1(Bytes input) {
  const std::string_view text = as_text(input.first(std::min(input.size(), longest_1)));
  const auto end = text.find("\r\n");
  if (end == std::string_view::npos) return text.size() == longest_1 ? malformed() : ProxyHeader{};
  return read_line(text.substr(signature_1.size(), end - signature_1.size()), end + 2);
}

template <typename Address>
ip::tcp::endpoint source_of(Bytes addresses) {
  typename Address::bytes_type octets;
  std::copy_n(addresses.begin(), octets.size(), octets.begin());
  const std::size_t port_at = 2 * octets.size();
  const auto port = static_cast<std::uint16_t>(addresses[port_at] << 8 | addresses[port_at + 1]);
  return {Address(octets), port};
}

ProxyHeader read_version_2(Bytes input) {
  constexpr std::size_t fixed = 16;
  constexpr std::uint8_t local = 0x20, proxy = 0x21, tcp_over_v4 = 0x11, tcp_over_v6 = 0x21;
  if (input.size() < fixed) return {};
  const std::uint8_t command = input[12], family = input[13];
  const std::size_t length = static_cast<std::size_t>(input[14]) << 8 | input[15];
  if ((command != local && command != proxy) || fixed + length > max_proxy_header) return malformed();
  if (input.size() < fixed + length) return {};
  ProxyHeader header{State::complete, fixed + length, {}};
  if (command == local) return header;
  const Bytes addresses = input.subspan(fixed, length);
  if (family == tcp_over_v4) {
    if (length < 12) return malformed();
    header.source = source_of<ip::address_v4>(addresses);
  } else if (family == tcp_over_v6) {
    if (length < 36) return malformed();
    header.source = source_of<ip::address_v6>(addresses);
  }
  return header;
}

}  // namespace

ProxyHeader read_proxy_header(Bytes input) {
  if (may_be(input, signature_1))
    return input.size() < signature_1.size() ? ProxyHeader{} : read_version_1(input);
  if (may_be(input, signature_2)) return read_version_2(input);
  return malformed();
}

}  // namespace ferryman::net
