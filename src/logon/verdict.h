#pragma once

#include <cstdint>
#include <optional>

#include "base/secret.h"

namespace ferryman::logon {

// What pam_ferryman.so makes a PAM code of. The numbers cross to it (docs/machine.md).
enum class Result : std::uint8_t {
  ok = 0,
  not_ours = 1,     // of no user that this machine knows of: others may know her
  refused = 2,      // wrong PIN, wrong code, or the server says no
  unavailable = 3,  // it cannot be found out now
  barred = 4,       // she may not log on here, whatever she proves
  failed = 5,       // the machine is not set up, or something of it is broken
};

struct Verdict {
  Result result = Result::failed;
  std::optional<Secret>
      tickets{};  // credential caches' files (ticket_files.h); none where she is let in without
};

}  // namespace ferryman::logon
