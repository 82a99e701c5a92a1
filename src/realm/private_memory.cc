#include "realm/private_memory.h"

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace ferryman::realm {
namespace {

bool has_ipc_lock() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  return ::syscall(SYS_capget, &header, data.data()) == 0 &&
         (data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK)) != 0;
}

// Where only so much may be locked, MCL_FUTURE would make later allocations fail instead.
bool may_lock_all() {
  if (has_ipc_lock()) return true;
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
