#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admin/message.h"
#include "realm/administration.h"
#include "realm/event_history.h"
#include "telemetry/log.h"

namespace ferryman::realm {

// What an administrator did, or tried to.
struct AdminEvent {
  AdminEvent(const admin::Request& request, const Caller& caller);

  std::string_view action;  // the command
  std::string tenant;       // its name, or what was asked for
  std::string object;
  std::string member;   // who joins or leaves a group
  std::string renamed;  // to what
  std::string changed;  // the names of the settings that were asked for, none of their values
  Caller caller;
};

// One event. event_id: 0: none. failure: null where it was done.
void tell(telemetry::Log& log, EventHistory& history, const AdminEvent& event, std::int64_t event_id,
          const admin::Failure* failure);

}  // namespace ferryman::realm
