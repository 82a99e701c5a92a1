#include "ferrymand/readiness.h"

#include <algorithm>
#include <string_view>

namespace ferryman {
namespace {

// What all workers together know of one realm; nothing where none knows anything.
std::optional<locate::Located> known_of(std::size_t realm, const std::vector<gateway::Report>& workers) {
  std::optional<locate::Located> known;
  const std::string& name = workers.front().realms[realm].name;
  for (const gateway::Report& worker : workers) {
    // They may be in the middle of a reload.
    if (realm >= worker.realms.size() || worker.realms[realm].name != name) continue;
    const auto& located = worker.realms[realm].located;
    if (!located) continue;
    known = located;
    if (located->kdcs && !located->kdcs->empty()) break;
  }
  return known;
}

}  // namespace

void Readiness::look_at_kdcs(const std::vector<gateway::Report>& workers, Clock::time_point now) {
  std::map<exchange::KdcKey, Kdc> seen;
  for (const gateway::Report& worker : workers) {
    for (const exchange::KdcReport& report : worker.kdcs) {
      Kdc& kdc = seen[{report.address, report.port}];
      for (const auto& transport : report.transports) kdc.answers += transport.counts.answers;
      kdc.set_aside = kdc.set_aside || report.set_aside();
    }
  }
  for (auto& [key, kdc] : seen) {
    const auto before = kdcs_.find(key);
    const bool known = before != kdcs_.end();
    const bool answered = kdc.answers > (known ? before->second.answers : 0);
    if (kdc.set_aside && !answered)
      kdc.silent_since = known ? before->second.silent_since.value_or(now) : now;
  }
  kdcs_ = std::move(seen);
}

bool Readiness::is_dead(const discovery::Kdc& kdc, Clock::time_point now) const {
  const auto found = kdcs_.find(exchange::key_of(kdc));
  return found != kdcs_.end() && found->second.silent_since && now - *found->second.silent_since >= patience;
}

void Readiness::look(const std::vector<gateway::Report>& workers, bool serves_others, Clock::time_point now) {
  look_at_kdcs(workers, now);
  realms_.clear();
  bool any_served = serves_others;
  for (std::size_t i = 0; i < workers.front().realms.size(); ++i) {
    const auto known = known_of(i, workers);
    std::string state = "served";
    bool served = true;
    if (!known) {
      state = "not asked for yet";
    } else if (!known->kdcs || known->kdcs->empty()) {
      served = false;
      state = "no KDC located, " + std::string(known->why);
    } else if (std::all_of(known->kdcs->begin(), known->kdcs->end(),
                           [&](const discovery::Kdc& kdc) { return is_dead(kdc, now); })) {
      served = false;
      state = "no KDC answers";
    }
    any_served = any_served || served;
    realms_.push_back({workers.front().realms[i].name, state, served});
  }
  ready_ = any_served;
}

std::string Readiness::page() const {
  std::string page;
  for (const Realm& realm : realms_) page += realm.name + ": " + realm.state + "\n";
  return page;
}

}  // namespace ferryman
