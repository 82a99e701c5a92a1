#include "decode/node.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"

namespace ferryman::decode {
namespace {

void append_code_point(std::string& out, std::uint32_t point) {
  const auto octet = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (point < 0x80) {
    octet(point);
  } else if (point < 0x800) {
    octet(0xc0 | point >> 6);
    octet(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    octet(0xe0 | point >> 12);
    octet(0x80 | (point >> 6 & 0x3f));
    octet(0x80 | (point & 0x3f));
  } else {
    octet(0xf0 | point >> 18);
    octet(0x80 | (point >> 12 & 0x3f));
    octet(0x80 | (point >> 6 & 0x3f));
    octet(0x80 | (point & 0x3f));
  }
}

}  // namespace

bool has_fault(const Node& node) {
  return !node.fault.empty() || std::any_of(node.children.begin(), node.children.end(), has_fault);
}

std::string printable_utf16(Bytes text) {
  std::string utf8;
  const auto unit = [&text](std::size_t i) -> std::uint32_t { return text[i] | text[i + 1] << 8; };
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    std::uint32_t point = unit(i);
    const bool high = point >= 0xd800 && point < 0xdc00;
    if (high && i + 3 < text.size() && unit(i + 2) >= 0xdc00 && unit(i + 2) < 0xe000) {
      point = 0x10000 + ((point - 0xd800) << 10) + (unit(i + 2) - 0xdc00);
      i += 2;
    }
    append_code_point(utf8, point);  // a lone surrogate is no UTF-8 and is escaped as such
  }
  return printable(utf8);
}

void set_octets(Node& node, Bytes octets, bool full) {
  const std::size_t shown = full ? octets.size() : std::min(octets.size(), shown_octets);
  constexpr std::string_view digits = "0123456789abcdef";
  node.value.clear();
  node.value.reserve(2 * shown);
  for (const std::uint8_t octet : octets.first(shown)) {
    node.value += digits[octet >> 4];
    node.value += digits[octet & 15];
  }
  node.meaning = fmt::format("{} octet{}", octets.size(), octets.size() == 1 ? "" : "s");
  if (shown < octets.size()) node.meaning += fmt::format(", the first {} shown", shown);
}

std::string ip_address(Bytes address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.size() != 4 && address.size() != 16) return {};
  ::inet_ntop(address.size() == 4 ? AF_INET : AF_INET6, address.data(), text.data(), text.size());
  return text.data();
}

}  // namespace ferryman::decode
