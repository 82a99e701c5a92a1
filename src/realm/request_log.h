#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "local/message.h"
#include "realm/empty_kdc.h"
#include "signin/sign_in.h"
#include "telemetry/log.h"

namespace ferryman::realm {

// When a request began, and how long it has taken.
class Stopwatch {
 public:
  std::chrono::system_clock::time_point begin() const { return begin_; }
  std::int64_t microseconds() const;

 private:
  std::chrono::system_clock::time_point begin_ = std::chrono::system_clock::now();
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

// One line for each request, with ferrymand's id for it, by which its line there is found. Never holds key
// material, ticket bytes, a path, a query or a body.
void log_request(telemetry::Log& log, const local::KerberosRequest& request, const KdcAnswer& answer,
                 const Stopwatch& watch);
void log_request(telemetry::Log& log, const local::HttpRequest& request, const signin::Answer& answer,
                 const Stopwatch& watch);

}  // namespace ferryman::realm
