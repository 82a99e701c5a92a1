#include "ad/entry.h"

#include <charconv>

namespace ferryman::ad {

const Values& Entry::all(std::string_view attribute) const {
  static const Values none;
  const auto found = attributes.find(std::string(attribute));
  return found == attributes.end() ? none : found->second;
}

const std::string& Entry::one(std::string_view attribute) const {
  static const std::string none;
  const Values& values = all(attribute);
  return values.empty() ? none : values.front();
}

std::optional<std::int64_t> Entry::number(std::string_view attribute) const {
  const std::string& text = one(attribute);
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

}  // namespace ferryman::ad
