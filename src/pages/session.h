#pragma once

#include <string>

#include "pages/visit.h"

// Who a browser is: a cookie that says who has signed in, at one tenant, sealed by its key; and where nobody
// has, one of random octets, so that a form can be told from another site's. Both are __Host-, HttpOnly and
// SameSite=Strict, and gone with the browser. Nothing is kept here but which ones were ended by signing out.
namespace ferryman::pages {

inline constexpr std::int64_t session_lifetime = 3600;  // seconds

// Fills in person, form_token and new_cookie. A cookie that is not good here counts as none.
signin::Step<void> recognise(Visit& visit);

// That a form which was posted is from a page of ours, and of this browser: the Origin is the service's, and
// the token that of the cookie.
signin::Step<void> check_form(const Visit& visit, const signin::Parameters& form);

// The cookie of who has just signed in.
signin::Step<std::string> session_cookie(const signin::Realm& realm, const signin::Subject& subject);
// What ends the session, here and in the browser: the field to send.
signin::Step<std::string> end_session(const Visit& visit);

}  // namespace ferryman::pages
