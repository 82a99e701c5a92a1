#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "directory/sign_in_records.h"

namespace ferryman::signin {

// A one-time code with which a user enrols: 80 random bits as "XXXX-XXXX-XXXX-XXXX", of digits and capital
// letters without I, L, O and U.
Secret new_enrolment_code();

// Its hash, by which the directory knows it; the case, hyphens and spaces do not matter, and letters that are
// taken for digits are. Nothing for a text that is none.
std::optional<directory::Digest> hash_of_enrolment_code(std::string_view text);

}  // namespace ferryman::signin
