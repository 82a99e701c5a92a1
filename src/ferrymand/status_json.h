#pragma once

#include <string>

#include "ferrymand/status.h"

namespace ferryman {

// A status as JSON, for /status.json: docs/status.md has its members. Always UTF-8.
std::string status_json(const Status& status);

// "2026-11-29T12:00:00Z".
std::string time_text(std::chrono::system_clock::time_point time);

}  // namespace ferryman
