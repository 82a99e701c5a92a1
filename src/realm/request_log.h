#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "kdc/kdc.h"
#include "kerberos/request.h"
#include "local/message.h"
#include "realm/event_history.h"
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

// Requests since the start, by what they were.
struct RequestCounts {
  std::uint64_t as = 0, tgs = 0, kpasswd = 0, sign_in = 0, malformed = 0;
  std::uint64_t errors = 0;  // of Kerberos requests that were not granted
};

// Requests of one kind by how they ended. Any thread may use it.
class ResultCounts {
 public:
  // codes: from 0 on; what is not among them counts as the last one.
  explicit ResultCounts(std::size_t codes) : counts_(codes) {}
  void count(std::int32_t code);
  std::uint64_t all() const;
  void add_to(local::Status& status, local::Status::Kind kind) const;

 private:
  std::vector<std::atomic<std::uint64_t>> counts_;
};

// One line for each request, with ferrymand's id for it, by which its line there is found, and with the event
// id that Active Directory's security log has for it (4768 a TGT, 4769 a service ticket, 4770 renewed, 4771 a
// key that was not proven, 4740 locked, 4723 one's own password). Those with an id are remembered in the
// history too. Never holds key material, ticket bytes, a path, a query or a body. Any thread may use it.
class RequestLog {
 public:
  RequestLog(telemetry::Log& log, EventHistory& history) : log_(log), history_(history) {}

  void write(const local::KerberosRequest& request, const kdc::Answer& answer, const Stopwatch& watch);
  void write(const local::HttpRequest& request, const signin::Answer& answer, const Stopwatch& watch);
  RequestCounts counts() const;
  // A failure of the directory that belongs to no request.
  void directory_failed() { counters_.directory.fetch_add(1, std::memory_order_relaxed); }
  // Its part of a status.
  void add_to(local::Status& status) const;

 private:
  void count(const std::optional<kerberos::Request>& message, const kdc::Answer& answer);

  telemetry::Log& log_;
  EventHistory& history_;
  struct Counters {
    static constexpr std::size_t kerberos_codes = 128, statuses = 600;
    ResultCounts as{kerberos_codes}, tgs{kerberos_codes}, kpasswd{kerberos_codes}, sign_ins{statuses};
    std::atomic<std::uint64_t> malformed{0}, errors{0}, lock_outs{0}, directory{0};
  } counters_;
};

}  // namespace ferryman::realm
