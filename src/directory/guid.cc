#include "directory/guid.h"

#include "crypto/openssl.h"

namespace ferryman::directory {
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

Guid random_guid() {
  Guid guid;
  crypto::openssl::random(guid.octets);
  guid.octets[6] = static_cast<std::uint8_t>((guid.octets[6] & 0x0f) | 0x40);  // version 4
  guid.octets[8] = static_cast<std::uint8_t>((guid.octets[8] & 0x3f) | 0x80);
  return guid;
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

}  // namespace ferryman::directory
