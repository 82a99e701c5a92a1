#pragma once

#include <vector>

#include "config/reader.h"
#include "signin/programs.h"

namespace ferryman::realm {

// [sign_in] programs: tables of id, name and redirect_uris.
Key programs_key(std::vector<signin::Program>& programs);

}  // namespace ferryman::realm
