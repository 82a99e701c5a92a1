#pragma once

#include <ctime>
#include <string>

#include "ferrymand/status.h"

namespace ferryman {

// A status as JSON, for /status.json: docs/status.md has its members. Always UTF-8.
std::string status_json(const Status& status);

// "2026-11-29T12:00:00Z". In seconds, as the clock's own time points end in 2262 and certificates do not.
std::string time_text(std::time_t time);
inline std::string time_text(std::chrono::system_clock::time_point time) {
  return time_text(std::chrono::system_clock::to_time_t(time));
}

}  // namespace ferryman
