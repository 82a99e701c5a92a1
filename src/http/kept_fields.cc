#include "http/kept_fields.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace ferryman::http {

void KeptFields::add(std::string_view name, std::string_view value) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  fields_.push_back({std::move(lower), std::string(value)});
  octets_ += name.size() + value.size();
}

void KeptFields::add_cookie(std::string_view value) {
  constexpr std::string_view cookie = "cookie", separator = "; ";
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) { return field.name == cookie; });
  if (found == fields_.end()) return add(cookie, value);
  found->value.append(separator).append(value);
  octets_ += separator.size() + value.size();
}

bool KeptFields::contains(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const auto& field) { return field.name == name; });
}

std::vector<local::Field> KeptFields::views() const {
  std::vector<local::Field> views(fields_.size());
  std::transform(fields_.begin(), fields_.end(), views.begin(), [](const auto& field) {
    return local::Field{field.name, field.value};
  });
  return views;
}

void KeptFields::clear() {
  fields_ = {};
  octets_ = 0;
}

}  // namespace ferryman::http
