#pragma once

#include "json/parse.h"
#include "pages/html.h"
#include "pages/visit.h"

// Forms that a browser's script sends with what a passkey has said; without a script they are not seen.
namespace ferryman::pages {

enum class PasskeyUse : std::uint8_t { create, get };
// options: of signin/passkeys.h. fields: what a person fills in besides, and the button.
Html passkey_form(const Visit& visit, std::string_view action, PasskeyUse use, const json::Json& options,
                  const Html& fields);

// What such a form has carried.
signin::Step<json::Json> credential_of(const signin::Parameters& form);

}  // namespace ferryman::pages
