#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "decode/keys.h"

namespace ferryman::decode {

// The keys of a keytab that can be used, at most 1,024 of them. The error is a sentence's end: "No such file
// or directory".
tl::expected<std::vector<KeyPointer>, std::string> read_keytab_file(const std::string& file);

}  // namespace ferryman::decode
