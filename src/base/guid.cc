#include "base/guid.h"

#include <algorithm>

namespace ferryman {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

// Whether a "-" stands before the octet of that number.
constexpr bool dash_before(std::size_t octet) {
  return octet == 4 || octet == 6 || octet == 8 || octet == 10;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string Guid::text() const {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    if (dash_before(i)) text += '-';
    text += digits[octets[i] >> 4];
    text += digits[octets[i] & 0xf];
  }
  return text;
}

std::array<std::uint8_t, Guid::size> Guid::packet() const {
  std::array<std::uint8_t, size> packet = octets;
  std::reverse(packet.begin(), packet.begin() + 4);
  std::reverse(packet.begin() + 4, packet.begin() + 6);
  std::reverse(packet.begin() + 6, packet.begin() + 8);
  return packet;
}

Guid guid_of_packet(std::span<const std::uint8_t, Guid::size> packet) {
  Guid turned;
  std::copy(packet.begin(), packet.end(), turned.octets.begin());
  return {turned.packet()};
}

std::optional<Guid> guid_of_text(std::string_view text) {
  Guid guid;
  if (text.size() != 2 * Guid::size + 4) return std::nullopt;
  for (std::size_t i = 0; i < Guid::size; ++i) {
    if (dash_before(i)) {
      if (text.front() != '-') return std::nullopt;
      text.remove_prefix(1);
    }
    const int high = digit_value(text[0]), low = digit_value(text[1]);
    if (high < 0 || low < 0) return std::nullopt;
    guid.octets[i] = static_cast<std::uint8_t>(high << 4 | low);
    text.remove_prefix(2);
  }
  return guid;
}

}  // namespace ferryman
