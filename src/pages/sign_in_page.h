#pragma once

#include <optional>
#include <string_view>

#include "pages/html.h"
#include "pages/visit.h"

namespace ferryman::pages {

// What a page shows to who has not signed in: what for, and the ways to do so. name: what to fill in; empty:
// nothing is known.
signin::Answer sign_in_page(const Visit& visit, const Html& what_for, std::string_view name = {});

// One who signs in by a one-time code or a password: to the same page again, signed in. Else the visit has a
// problem, for the page to show.
std::optional<signin::Answer> sign_in(Visit& visit, const signin::Parameters& form);
// The same by a passkey.
std::optional<signin::Answer> sign_in_by_passkey(Visit& visit, const signin::Parameters& form);

}  // namespace ferryman::pages
