#include "decode/node.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "base/utf16.h"

namespace ferryman::decode {
bool has_fault(const Node& node) {
  return !node.fault.empty() || std::any_of(node.children.begin(), node.children.end(), has_fault);
}

Node& add_field(Node& parent, std::string_view name, std::string value, std::string meaning) {
  Node& node = parent.children.emplace_back();
  node.name = name;
  node.value = std::move(value);
  node.meaning = std::move(meaning);
  return node;
}

std::string in_words(Fault fault) {
  std::string words(ferryman::name(fault));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string printable_utf16(Bytes text) {
  return printable_utf16(utf16_of_octets(text.first(text.size() / 2 * 2)).value_or(u""));
}

std::string printable_utf16(std::u16string_view text) {
  return printable(utf8_with_lone_surrogates(text));
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
