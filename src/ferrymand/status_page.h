#pragma once

#include <string>
#include <string_view>

#include "ferrymand/status.h"

namespace ferryman {

// A status as a page for people: HTML that needs no script and nothing from elsewhere. Every name that a
// client or DNS gave is escaped. status_script refreshes it while it is looked at.
std::string status_page(const Status& status);

extern const std::string_view status_style, status_script;

// What such a page may load and do (CSP Level 3): its own style sheet, script and refreshes.
extern const std::string_view status_policy;

}  // namespace ferryman
