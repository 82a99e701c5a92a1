#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <compare>

namespace ferryman::client {

// What connections that are kept and answers that are remembered depend on: the host's addresses and routes,
// its sleep, and the files that say how names are resolved. Asks when it is asked itself; not thread-safe.
class Surroundings {
 public:
  Surroundings();
  ~Surroundings();
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;

  // Whether something has changed since the last call, or since the beginning. A host that does not tell of
  // its addresses and routes counts as one where they stay.
  bool have_changed();

 private:
  // Of a file, behind symbolic links; zeros when it is not there.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::chrono::nanoseconds changed{0};
    auto operator<=>(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 3>;
  static Stamps read_stamps();
  static std::chrono::nanoseconds time_asleep();
  bool was_told();

  int routes_ = -1;  // a socket that the kernel tells of addresses and routes
  Stamps files_;
  std::chrono::nanoseconds asleep_;
};

}  // namespace ferryman::client
