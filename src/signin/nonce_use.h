#pragma once

#include <string_view>

#include "signin/realm.h"

namespace ferryman::signin {

// A nonce that was found good, as it is to be used: by the request of these octets and no other.
directory::NonceUse use_of_nonce(const Realm& realm, std::string_view nonce, std::string_view request);

}  // namespace ferryman::signin
