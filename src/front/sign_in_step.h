#pragma once

#include <string_view>

namespace ferryman::front {

// Which step of a sign-in an HTTP request was, in words for who watches: "nonce", "PRT-and-TGT", "refused".
// Of both bodies nothing but whether some names of ours are in them goes into it. Empty: none of these.
std::string_view step_of_sign_in(std::string_view path, std::string_view request, std::string_view answer);

}  // namespace ferryman::front
