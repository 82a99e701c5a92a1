#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/base64.h"
#include "json/parse.h"

// What the compact forms of JWS and JWE have in common.
namespace ferryman::jose {

// Texts with a '.' between each two of them. Nothing where it is another number of them.
template <std::size_t count>
std::optional<std::array<std::string_view, count>> split_compact(std::string_view text) {
  std::array<std::string_view, count> parts{};
  for (std::size_t i = 0; i + 1 < count; ++i) {
    const auto dot = text.find('.');
    if (dot == text.npos) return std::nullopt;
    parts[i] = text.substr(0, dot);
    text.remove_prefix(dot + 1);
  }
  if (text.find('.') != text.npos) return std::nullopt;
  parts.back() = text;
  return parts;
}

// A header: a JSON object in base64url.
inline std::optional<json::Json> json_of_part(std::string_view part) {
  constexpr std::size_t max_depth = 4;
  const auto octets = octets_of_base64url(part);
  if (!octets) return std::nullopt;
  return json::parse_object(as_text(*octets), max_depth);
}

}  // namespace ferryman::jose
