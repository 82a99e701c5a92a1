#include "login/form.h"

#include <algorithm>

namespace ferryman::login {
namespace {

bool stands_for_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::size_t encoded_size(std::string_view text) {
  const auto plain = static_cast<std::size_t>(std::ranges::count_if(text, stands_for_itself));
  return plain + 3 * (text.size() - plain);
}

std::span<std::uint8_t> put(std::span<std::uint8_t> out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::size_t at = 0;
  for (const char c : text) {
    const auto octet = static_cast<std::uint8_t>(c);
    if (stands_for_itself(c)) {
      out[at++] = octet;
      continue;
    }
    out[at++] = '%';
    out[at++] = static_cast<std::uint8_t>(digits[octet >> 4U]);
    out[at++] = static_cast<std::uint8_t>(digits[octet & 15U]);
  }
  return out.subspan(at);
}

std::span<std::uint8_t> put_octet(std::span<std::uint8_t> out, char c) {
  out[0] = static_cast<std::uint8_t>(c);
  return out.subspan(1);
}

}  // namespace

Secret form_of(std::initializer_list<std::pair<std::string_view, std::string_view>> parameters) {
  std::size_t size = parameters.size() == 0 ? 0 : parameters.size() - 1;
  for (const auto& [name, value] : parameters) size += encoded_size(name) + 1 + encoded_size(value);
  Secret form(size);
  std::span<std::uint8_t> out = form.writable();
  for (const auto& [name, value] : parameters) {
    if (out.size() != size) out = put_octet(out, '&');
    out = put(put_octet(put(out, name), '='), value);
  }
  return form;
}

}  // namespace ferryman::login
