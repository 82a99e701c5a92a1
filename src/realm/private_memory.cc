#include "realm/private_memory.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ferryman::realm {
namespace {

// Where only so much may be locked, MCL_FUTURE would make later allocations fail instead.
bool may_lock_all() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return false;
  limit.rlim_cur = limit.rlim_max;
  return limit.rlim_max == RLIM_INFINITY && ::setrlimit(RLIMIT_MEMLOCK, &limit) == 0;
}

}  // namespace

std::string keep_memory_private() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  if (!may_lock_all()) return "the limit of locked memory is too low, LimitMEMLOCK=infinity raises it";
  // MCL_ONFAULT: of a thread's stack only what it has touched.
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) return std::generic_category().message(errno);
  return {};
}

}  // namespace ferryman::realm
