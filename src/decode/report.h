#pragma once

#include <string>

#include "decode/node.h"

namespace ferryman::decode {

// A node and all in it, one line each, indented by that many levels.
std::string to_text(const Node& node, std::size_t indent = 0);

// {"name", "type", "value", "meaning", "note", "fault", "children"}, without those that are empty. value is a
// number where the field is one.
std::string to_json(const Node& node);

}  // namespace ferryman::decode
