#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ferryman::signin {

// A parameter of an application/x-www-form-urlencoded body or a query. Lenient as clients are: what is not
// encoded stands for itself, as does a '%' that no two hexadecimal digits follow.
struct Parameter {
  enum class State : std::uint8_t { absent, single, repeated };
  State state = State::absent;
  std::string value;  // decoded; of the first
};

// Looks it up. A parameter that stands there twice is a mistake of the client's (RFC 6749 3.2).
Parameter find_parameter(std::string_view form, std::string_view name);

}  // namespace ferryman::signin
