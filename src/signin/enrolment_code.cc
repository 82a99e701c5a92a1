#include "signin/enrolment_code.h"

#include <array>

#include "crypto/openssl.h"

namespace ferryman::signin {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t characters = 16, group = 4;

// What a character stands for in the alphabet; npos: for none.
std::size_t value_of(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  return alphabet.find(c);
}

}  // namespace

Secret new_enrolment_code() {
  SecretArray<characters> random;
  crypto::openssl::random(random);
  Secret code(characters + characters / group - 1);
  std::size_t at = 0;
  for (std::size_t i = 0; i < characters; ++i) {
    if (i != 0 && i % group == 0) code.writable()[at++] = '-';
    code.writable()[at++] = static_cast<std::uint8_t>(alphabet[random[i] % alphabet.size()]);
  }
  return code;
}

std::optional<directory::Digest> hash_of_enrolment_code(std::string_view text) {
  SecretArray<characters> code;
  std::size_t size = 0;
  for (const char c : text) {
    if (c == '-' || c == ' ') continue;
    const std::size_t value = value_of(c);
    if (value == alphabet.npos || size == characters) return std::nullopt;
    code[size++] = static_cast<std::uint8_t>(alphabet[value]);
  }
  if (size != characters) return std::nullopt;
  directory::Digest hash{};
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {code}, hash);
  return hash;
}

}  // namespace ferryman::signin
