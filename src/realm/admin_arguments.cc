#include "realm/admin_arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace ferryman::realm {

using admin::Json;

const Json* Arguments::find(const char* name) {
  asked_.emplace_back(name);
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

void Arguments::note(std::string text) {
  if (!mistake_) mistake_ = {std::string(admin::reason::invalid), std::move(text)};
}

std::optional<std::string_view> Arguments::maybe_text(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get_ref<const std::string&>();
  note(fmt::format("{}: {} is a text.", command_, name));
  return std::nullopt;
}

std::string_view Arguments::text(const char* name) {
  if (!object_.contains(name)) note(fmt::format("{}: {} is missing.", command_, name));
  return maybe_text(name).value_or(std::string_view());
}

std::optional<bool> Arguments::maybe_flag(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  note(fmt::format("{}: {} is true or false.", command_, name));
  return std::nullopt;
}

bool Arguments::flag(const char* name) {
  if (!object_.contains(name)) note(fmt::format("{}: {} is missing.", command_, name));
  return maybe_flag(name).value_or(false);
}

std::optional<std::int64_t> Arguments::number(const char* name, const Json& value, std::int64_t least,
                                              std::int64_t most) {
  // One beyond 63 bits is unsigned, and would turn negative.
  const bool fits = value.is_number_unsigned()
                        ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
                        : value.is_number_integer();
  if (fits && value.get<std::int64_t>() >= least && value.get<std::int64_t>() <= most)
    return value.get<std::int64_t>();
  note(fmt::format("{}: {} is a number from {} to {}.", command_, name, least, most));
  return std::nullopt;
}

std::optional<std::int64_t> Arguments::maybe_number(const char* name, std::int64_t least, std::int64_t most) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  return number(name, *value, least, most);
}

std::optional<std::optional<std::int64_t>> Arguments::nullable_number(const char* name, std::int64_t least,
                                                                      std::int64_t most) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_null()) return std::optional<std::int64_t>();
  return number(name, *value, least, most);
}

std::optional<std::vector<std::string>> Arguments::maybe_texts(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  const bool is_list = value->is_array() && std::all_of(value->begin(), value->end(),
                                                        [](const Json& each) { return each.is_string(); });
  if (is_list) return value->get<std::vector<std::string>>();
  note(fmt::format("{}: {} is a list of texts.", command_, name));
  return std::nullopt;
}

const Json* Arguments::objects(const char* name) {
  const Json* value = find(name);
  const bool is_list =
      value != nullptr && value->is_array() &&
      std::all_of(value->begin(), value->end(), [](const Json& each) { return each.is_object(); });
  if (is_list) return value;
  note(fmt::format("{}: {} is a list of objects.", command_, name));
  return nullptr;
}

directory::PageRequest Arguments::page() {
  directory::PageRequest page;
  page.after = maybe_text("after").value_or(std::string_view());
  if (const auto limit = maybe_number("limit", 1, directory::max_page))
    page.limit = static_cast<std::size_t>(*limit);
  return page;
}

std::optional<admin::Failure> Arguments::mistake() {
  for (const auto& [name, value] : object_.items()) {
    if (std::find(asked_.begin(), asked_.end(), name) == asked_.end())
      note(fmt::format("{} has no argument {}; it has: {}.", command_, printable(name),
                       fmt::join(asked_, ", ")));
  }
  return mistake_;
}

}  // namespace ferryman::realm
