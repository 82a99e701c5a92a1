#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/event.h"

namespace ferryman::gateway {

// A request that got no KDC's answer, for those who look after the service. Clients choose the names: they
// are cut to Refusals::max_text octets each and may stand on a terminal.
struct Refusal {
  std::chrono::system_clock::time_point time;
  EventKind kind = EventKind::refused;
  std::string client, realm, cname, sname;
  std::string reason;  // fixed word: rule, fault name, cause
};

// The last refusals of one worker. Bounded; nothing happens here for a request that is answered.
class Refusals {
 public:
  static constexpr std::size_t max_kept = 50, max_text = 100;

  // Whether such an event is a refusal: no answer, and no mistake of HTTP.
  static bool is_one(EventKind kind);
  void note(const RequestEvent& event, std::chrono::system_clock::time_point now);
  // The oldest first.
  std::vector<Refusal> list() const;

 private:
  std::vector<Refusal> kept_;
  std::size_t oldest_ = 0;
};

}  // namespace ferryman::gateway
