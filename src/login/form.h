#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/secret.h"

namespace ferryman::login {

// An application/x-www-form-urlencoded body, made in one piece.
Secret form_of(std::initializer_list<std::pair<std::string_view, std::string_view>> parameters);

}  // namespace ferryman::login
