#pragma once

#include <algorithm>
#include <cstddef>

#include "base/text.h"
#include "http/session.h"

namespace ferryman::http {

// Neither a body nor a Content-Length belongs to it (RFC 9110 8.6, 15.4.5).
inline bool is_bodiless(unsigned status) {
  return status == 204 || status == 304;
}

inline bool names_cache_control(const Response& response) {
  return std::any_of(response.fields.begin(), response.fields.end(),
                     [](const auto& field) { return equal_without_case(field.name, "cache-control"); });
}

// What the further fields take up as lines.
inline std::size_t fields_size(const Response& response) {
  constexpr std::size_t around = 4;  // ": " and the line's end
  std::size_t size = 0;
  for (const auto& field : response.fields) size += field.name.size() + field.value.size() + around;
  return size;
}

}  // namespace ferryman::http
