#include "directory/lockout.h"

namespace ferryman::directory {

Lockout after_failure(const Lockout& lockout, const LockoutPolicy& policy, std::int64_t now) {
  if (lockout.locked_until && now < *lockout.locked_until) return lockout;
  const bool begins =
      lockout.failures == 0 || lockout.locked_until || now - lockout.window_began >= policy.window;
  Lockout after = begins ? Lockout{1, now, {}} : Lockout{lockout.failures + 1, lockout.window_began, {}};
  if (policy.threshold != 0 && after.failures >= policy.threshold) after.locked_until = now + policy.duration;
  return after;
}

}  // namespace ferryman::directory
