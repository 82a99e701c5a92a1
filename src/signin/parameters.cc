#include "signin/parameters.h"

#include <utility>

#include "base/text.h"
#include "json/parse.h"
#include "signin/form.h"

namespace ferryman::signin {

Step<Parameters> Parameters::parse(std::string_view form, std::span<const std::string_view> names) {
  Parameters parameters;
  for (const std::string_view name : names) {
    auto found = find_parameter(form, name);
    if (found.state == Parameter::State::absent) continue;
    if (found.state == Parameter::State::repeated)
      return refuse({400, "invalid_request", entra::bad_request, "A parameter stands there twice.", name});
    if (!is_utf8(found.value))
      return refuse({400, "invalid_request", entra::bad_request, "A parameter is not UTF-8.", name});
    parameters.values_.emplace(name, std::move(found.value));
  }
  return parameters;
}

Parameters::~Parameters() {
  for (auto& [name, value] : values_) json::wipe_text(value);
}

Step<std::string_view> Parameters::required(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end())
    return refuse({400, "invalid_request", entra::missing_parameter, "A parameter is missing.", name});
  return found->second;
}

std::string_view Parameters::optional(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace ferryman::signin
