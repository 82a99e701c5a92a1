#pragma once

#include <string>

#include "pages/html.h"

namespace ferryman::pages {

// The one script of the pages, for forms that ask for a passkey, and how a Content-Security-Policy names it.
Html passkey_script();
const std::string& script_source();

}  // namespace ferryman::pages
