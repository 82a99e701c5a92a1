#pragma once

#include <string>

#include "admin/message.h"

namespace ferryman {

// An event as people read it, one line: when; its id in Windows' security log, and what that is; the result;
// of whom; and what else is known of it.
std::string event_line(const admin::Json& event);

}  // namespace ferryman
