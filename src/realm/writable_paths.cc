#include "realm/writable_paths.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace ferryman::realm {
namespace {

// Newer than the headers of Debian 12: file truncation (ABI 3), and binding and connecting by TCP (ABI 4).
constexpr std::uint64_t access_fs_truncate = 1ULL << 14, access_net_tcp = 3;
constexpr long abi_with_refer = 2, abi_with_truncate = 3, abi_with_tcp = 4;

struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
};

std::uint64_t forbidden_access(long abi) {
  std::uint64_t access =
      LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
      LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
      LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  if (abi >= abi_with_refer) access |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= abi_with_truncate) access |= access_fs_truncate;
  return access;
}

bool allow(int ruleset, const std::string& directory, std::uint64_t access) {
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  rule.parent_fd = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (rule.parent_fd < 0) return false;
  const bool added = ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0U) == 0;
  const int error = errno;
  ::close(rule.parent_fd);
  errno = error;
  return added;
}

bool allow(int ruleset, const WritablePaths& paths, std::uint64_t handled) {
  constexpr std::uint64_t removal = LANDLOCK_ACCESS_FS_REMOVE_FILE;
  const std::uint64_t writing =
      (removal | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_WRITE_FILE | access_fs_truncate) & handled;
  for (const std::string& directory : paths.removable)
    if (!allow(ruleset, directory, removal)) return false;
  for (const std::string& directory : paths.writable)
    if (!allow(ruleset, directory, writing)) return false;
  return true;
}

}  // namespace

std::string forbid_writing(const WritablePaths& paths) {
  const auto failure = [] { return std::generic_category().message(errno); };
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0},
                             static_cast<unsigned>(LANDLOCK_CREATE_RULESET_VERSION));
  if (abi < 1) return failure();
  const RulesetAttributes attributes{forbidden_access(abi), access_net_tcp};
  const std::size_t size =
      abi >= abi_with_tcp ? sizeof attributes : offsetof(RulesetAttributes, handled_access_net);
  const auto ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0U));
  if (ruleset < 0) return failure();
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const bool done = allow(ruleset, paths, attributes.handled_access_fs) &&
                    ::syscall(SYS_landlock_restrict_self, ruleset, 0U) == 0;
  std::string result = done ? std::string() : failure();
  ::close(ruleset);
  return result;
}

}  // namespace ferryman::realm
