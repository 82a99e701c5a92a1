#include "login/state_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <system_error>

#include "base/new_file.h"
#include "base/owned.h"

namespace ferryman::login {
namespace {

constexpr mode_t of_others = S_IRWXG | S_IRWXO;
constexpr char lock_name[] = "lock";
constexpr std::int64_t most_seconds_of_a_write = 60;

tl::unexpected<Failure> system_failure(const std::string& path) {
  return fail(Fault::failed, fmt::format("{}: {}", path, std::generic_category().message(errno)));
}

// Whether nobody else can have read or changed it.
Outcome<void> judge(const std::string& path, const struct stat& status, mode_t right_mode) {
  if (status.st_uid != ::geteuid())
    return fail(Fault::unsafe,
                fmt::format("{} belongs to another user (uid {}): run this as that user, or set "
                            "XDG_STATE_HOME to a directory of your own",
                            path, status.st_uid));
  if ((status.st_mode & of_others) != 0)
    return fail(Fault::unsafe,
                fmt::format("{} is open to others (mode {:04o}): if nobody can have read it, chmod {:o} {}; "
                            "else unenroll and enrol again",
                            path, status.st_mode & 07777U, right_mode, path));
  return {};
}

Outcome<void> make_directories(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), S_IRWXU) != 0 && errno != EEXIST) return system_failure(part);
    if (end == std::string::npos) return {};
  }
}

// As base/new_file.h names what it has not finished.
bool is_unfinished(const std::string& name) {
  constexpr std::size_t ending = 6;
  return name.size() > ending && name[name.size() - ending - 1] == '.';
}

}  // namespace

Outcome<std::string> default_state_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return std::string(state) + "/ferryman";
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') {
    const passwd* entry = ::getpwuid(::geteuid());
    home = entry == nullptr ? nullptr : entry->pw_dir;
  }
  if (home == nullptr || home[0] != '/')
    return fail(Fault::failed, "there is no home directory to keep keys in: set HOME or XDG_STATE_HOME");
  return std::string(home) + "/.local/state/ferryman";
}

Outcome<StateDirectory> StateDirectory::open(const std::string& path) {
  if (const auto made = make_directories(path); !made) return tl::unexpected(made.error());
  auto found = find(path);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return fail(Fault::failed, fmt::format("{} went away", path));
  return std::move(**found);
}

Outcome<std::optional<StateDirectory>> StateDirectory::find(const std::string& path) {
  Descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (opened.get() < 0 && errno == ENOENT) return std::nullopt;
  struct stat status {};
  if (opened.get() < 0 || ::fstat(opened.get(), &status) != 0) return system_failure(path);
  if (const auto safe = judge(path, status, S_IRWXU); !safe) return tl::unexpected(safe.error());
  return StateDirectory(path, std::move(opened));
}

Outcome<Descriptor> StateDirectory::lock() const {
  Descriptor held(
      ::openat(opened_.get(), lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (held.get() < 0) return system_failure(file(lock_name));
  const bool is_locked = ::flock(held.get(), LOCK_EX | LOCK_NB) == 0;
  if (!is_locked && errno != EWOULDBLOCK) return system_failure(file(lock_name));
  struct stat status {};
  // One that is removed meanwhile, with all else, locks nothing.
  if (!is_locked || ::fstat(held.get(), &status) != 0 || status.st_nlink == 0)
    return fail(
        Fault::busy,
        fmt::format(
            "another ferryman of yours is signing in or out ({} is locked): try again when it is done",
            file(lock_name)));
  const auto all = names();
  if (!all) return tl::unexpected(all.error());
  for (const std::string& name : *all)
    if (is_left_over(name)) ::unlinkat(opened_.get(), name.c_str(), 0);
  return held;
}

// Who writes one file holds no lock, so what is young may still be finished.
bool StateDirectory::is_left_over(const std::string& name) const {
  struct stat status {};
  return is_unfinished(name) && ::fstatat(opened_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         std::time(nullptr) - status.st_mtim.tv_sec > most_seconds_of_a_write;
}

Outcome<std::optional<Secret>> StateDirectory::read(const std::string& name) const {
  const Descriptor opened(
      ::openat(opened_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (opened.get() < 0 && errno == ENOENT) return std::nullopt;
  struct stat status {};
  if (opened.get() < 0 || ::fstat(opened.get(), &status) != 0) return system_failure(file(name));
  if (!S_ISREG(status.st_mode)) return fail(Fault::unsafe, fmt::format("{} is no file", file(name)));
  if (const auto safe = judge(file(name), status, S_IRUSR | S_IWUSR); !safe)
    return tl::unexpected(safe.error());
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > max_file_size)
    return fail(Fault::failed, fmt::format("{} is larger than what is kept there ever is", file(name)));
  Secret contents(size);
  for (std::size_t done = 0; done < size;) {
    const ssize_t some = ::read(opened.get(), contents.writable().data() + done, size - done);
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return system_failure(file(name));
    if (some == 0) return fail(Fault::failed, fmt::format("{} became shorter while it was read", file(name)));
    done += static_cast<std::size_t>(some);
  }
  return contents;
}

Outcome<void> StateDirectory::write(const std::string& name, Bytes contents) const {
  const auto made = create_file({.path = file(name), .replaces = true}, contents);
  if (!made) return fail(Fault::failed, fmt::format("{}: {}", file(name), made.error().message()));
  return {};
}

Outcome<void> StateDirectory::remove(const std::string& name) const {
  if (::unlinkat(opened_.get(), name.c_str(), 0) != 0 && errno != ENOENT) return system_failure(file(name));
  return {};
}

Outcome<void> StateDirectory::remove_all() && {
  const auto all = names();
  if (!all) return tl::unexpected(all.error());
  for (const std::string& name : *all)
    if (name != lock_name)
      if (auto removed = remove(name); !removed) return removed;
  // The last, so that nobody else begins before.
  if (auto removed = remove(lock_name); !removed) return removed;
  if (::rmdir(path_.c_str()) != 0) return system_failure(path_);
  return {};
}

Outcome<std::vector<std::string>> StateDirectory::names() const {
  const int again = ::openat(opened_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const Owned<DIR, ::closedir> directory(again < 0 ? nullptr : ::fdopendir(again));
  if (!directory) {
    const auto failure = system_failure(path_);
    if (again >= 0) ::close(again);
    return failure;
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

}  // namespace ferryman::login
