#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace ferryman::gateway {

// Whether two paths are one: compared without case, with or without a slash at the end. Clients and documents
// write /KdcProxy in all these ways.
inline bool same_path(std::string_view a, std::string_view b) {
  if (a.ends_with('/')) a.remove_suffix(1);
  if (b.ends_with('/')) b.remove_suffix(1);
  return equal_without_case(a, b);
}

inline bool any_same_path(const std::vector<std::string>& served, std::string_view path) {
  return std::any_of(served.begin(), served.end(),
                     [path](const std::string& each) { return same_path(each, path); });
}

}  // namespace ferryman::gateway
