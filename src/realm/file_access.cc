#include "realm/file_access.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace ferryman::realm {
namespace {

std::string folder_of(const std::string& path) {
  return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

// Of a file whose status is known.
std::string describe(const std::string& path, const struct stat& status, int mode) {
  const std::string shown = printable(path), owner = user_name(status.st_uid), me = user_name(::geteuid());
  const unsigned bits = status.st_mode & 07777U;
  if (status.st_uid != ::geteuid())
    return fmt::format("{} belongs to {}, with mode {:04o}, and this runs as {}: \"chown {} {}\" lets it in",
                       shown, owner, bits, me, me, shown);
  std::string wanted = (mode & R_OK) != 0 ? "r" : "";
  if ((mode & W_OK) != 0) wanted += 'w';
  if ((mode & X_OK) != 0) wanted += 'x';
  return fmt::format("{} has mode {:04o}: \"chmod u+{} {}\" lets its owner in", shown, bits, wanted, shown);
}

}  // namespace

std::string user_name(uid_t uid) {
  const passwd* const user = ::getpwuid(uid);
  return user != nullptr ? user->pw_name : fmt::format("the user with uid {}", uid);
}

std::string what_bars(const std::string& path, int mode) {
  if (::euidaccess(path.c_str(), mode) == 0) return {};
  const int error = errno;
  if (error == EROFS) return fmt::format("{} is on a file system that is mounted read-only", printable(path));
  if (error != EACCES) return {};
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return describe(path, status, mode);
  return path == "/" ? std::string() : what_bars(folder_of(path), X_OK);
}

std::string what_bars_database(const std::string& file) {
  for (const std::string& each : {file, file + "-wal", file + "-shm"})
    if (std::string text = what_bars(each, R_OK | W_OK); !text.empty()) return text;
  return what_bars(folder_of(file), R_OK | W_OK | X_OK);
}

}  // namespace ferryman::realm
