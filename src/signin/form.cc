#include "signin/form.h"

#include <optional>

namespace ferryman::signin {
namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::string decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
      continue;
    }
    if (text[i] == '%' && text.size() - i > 2) {
      const auto high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high && low) {
        decoded += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    decoded += text[i];
  }
  return decoded;
}

}  // namespace

Parameter find_parameter(std::string_view form, std::string_view name) {
  Parameter found;
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(pair.size() < form.size() ? pair.size() + 1 : pair.size());
    const auto equals = pair.find('=');
    if (decode(pair.substr(0, equals)) != name) continue;
    if (found.state != Parameter::State::absent) {
      found.state = Parameter::State::repeated;
      return found;
    }
    found.state = Parameter::State::single;
    if (equals != std::string_view::npos) found.value = decode(pair.substr(equals + 1));
  }
  return found;
}

}  // namespace ferryman::signin
