#include "ferryman/service_user.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_service.h"

namespace ferryman {
namespace {

std::string last_error() {
  return std::generic_category().message(errno);
}

// Its exit code, or that of what ended it.
int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return tell(exit_failed, fmt::format("it was ended by signal {}", WTERMSIG(status)));
}

}  // namespace

bool become(const ServiceUser& user) {
  return ::initgroups(user.name.c_str(), user.ids.group) == 0 &&
         ::setresgid(user.ids.group, user.ids.group, user.ids.group) == 0 &&
         ::setresuid(user.ids.user, user.ids.user, user.ids.user) == 0 &&
         (user.ids.user == 0 || ::setuid(0) != 0);
}

int as_owner_of(const std::string& directory, const std::function<int()>& work) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0)
    return tell(exit_failed,
                fmt::format("the directory {} cannot be used: {}", printable(directory), last_error()));
  if (::geteuid() != 0 || status.st_uid == 0) return work();
  const passwd* const owner = ::getpwuid(status.st_uid);
  if (owner == nullptr)
    return tell(exit_failed, fmt::format("the directory {} belongs to nobody that there is, uid {}",
                                         printable(directory), status.st_uid));
  const ServiceUser user{owner->pw_name, {owner->pw_uid, owner->pw_gid}};
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return tell(exit_failed, "no process can be made: " + last_error());
  if (child > 0) return wait_for(child);
  const int code = become(user) ? work() : tell(exit_failed, "cannot become the user " + user.name);
  std::fflush(nullptr);
  ::_exit(code);
}

}  // namespace ferryman
