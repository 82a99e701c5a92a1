#pragma once

#include <optional>

#include "signin/realm.h"

// What a person with a browser sees of a tenant: whom a program asks to be let in by, at which device she is
// signed in, and what is hers. HTML that needs no script but for
// passkeys.
namespace ferryman::pages {

// Nothing where the path is no page's. No socket, no clock; any thread may call it.
std::optional<signin::Answer> answer(const local::HttpRequest& request, const signin::Realm& realm);

}  // namespace ferryman::pages
