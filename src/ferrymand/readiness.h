#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exchange/kdc_memory.h"
#include "gateway/gateway.h"

namespace ferryman {

// Whether requests sent here have a chance, for load balancers: not when no declared realm can be served. One
// realm that cannot is no reason: the others would be lost with it, and another gateway cannot serve it
// either. What is not known counts as served, or nobody would send the request that shows it.
//
// A KDC is taken for dead when a worker has set it aside and none has had an answer of it for `patience`. One
// failure says nothing: strangers can send what makes a KDC close its connection.
class Readiness {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds patience{5};

  // What all workers report now. serves_others: there are realms with wildcards, of which nothing is known.
  void look(const std::vector<gateway::Report>& workers, bool serves_others, Clock::time_point now);

  bool ready() const { return ready_; }
  struct Realm {
    std::string name, state;  // "MIT.TEST", "served"
    bool served = true;
  };
  // Those that are declared, in the configuration's order.
  const std::vector<Realm>& realms() const { return realms_; }
  // A line for each: "MIT.TEST: served".
  std::string page() const;

 private:
  struct Kdc {
    std::uint64_t answers = 0;
    bool set_aside = false;
    std::optional<Clock::time_point> silent_since;
  };

  void look_at_kdcs(const std::vector<gateway::Report>& workers, Clock::time_point now);
  bool is_dead(const discovery::Kdc& kdc, Clock::time_point now) const;

  std::map<exchange::KdcKey, Kdc> kdcs_;
  bool ready_ = true;
  std::vector<Realm> realms_;
};

}  // namespace ferryman
