#pragma once

#include <string_view>

#include "pages/html.h"

namespace ferryman::pages {

// All pages' style sheet, and how a Content-Security-Policy names it.
Html style_sheet();
const std::string& style_source();

}  // namespace ferryman::pages
