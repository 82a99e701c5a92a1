#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace ferryman::json {

using Json = nlohmann::json;

// A JSON object of UTF-8 and nothing else (RFC 8259), at most max_depth deep, that says no member twice. Who
// calls bounds the text's size.
std::optional<Json> parse_object(std::string_view text, std::size_t max_depth);

// A member of an object. Null where there is none, or one of another type.
const Json* member(const Json& object, const char* name, Json::value_t type);
const std::string* text_member(const Json& object, const char* name);

// Overwrites a text, or every text in a value: they may be secrets.
void wipe_text(std::string& text) noexcept;
void wipe_texts(Json& json) noexcept;

}  // namespace ferryman::json
