#include "ferryman/realm_setup.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <system_error>

#include "base/bytes.h"
#include "base/text.h"
#include "directory/database.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_copy.h"
#include "ferryman/realm_service.h"
#include "realm/file_access.h"
#include "realm/master_key.h"
#include "realm/open_directory.h"
#include "realm/open_sealed.h"

namespace ferryman {
namespace {

constexpr mode_t open_directory_mode = 0755, private_directory_mode = 0700, config_mode = 0644;
constexpr int exit_nothing_made = 64;  // of the child; not one of ours

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 || errno != ENOENT;
}

bool only_root_writes(const std::string& directory) {
  struct stat status {};
  return ::lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == 0 &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// Whether nobody but root can change where a path in this directory leads.
bool only_root_changes(const std::string& directory) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(directory.c_str(), nullptr), &std::free);
  if (!real || !only_root_writes("/")) return false;
  const std::string path = real.get();
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (!only_root_writes(path.substr(0, slash))) return false;
  return only_root_writes(path);
}

// As one is that was made and, before this was interrupted, not given to its user.
bool is_roots_and_empty(const std::string& directory) {
  std::error_code error;
  return only_root_writes(directory) && std::filesystem::is_empty(directory, error) && !error;
}

class SetUp {
 public:
  explicit SetUp(const RealmSetup& setup)
      : setup_(setup), config_(setup.config), key_file_(*realm::master_key_file(config_.fixed.master_key)) {}

  int run();

 private:
  // Each returns an exit code. What root is not to make it leaves to the child.
  int make_directories();
  int make_directory(const std::string& path, mode_t mode, std::optional<FileOwner> owner);
  int check_key_is_not_missed();
  int make_key();
  int make_database();
  int make_tenant(directory::Directory& directory);
  int tell_other_tenant(const std::string& other) const;
  int make_config();
  int as_service_user();
  int as_child(const std::function<int()>& work);

  bool is_mine(const std::string& file) const {
    return !setup_.user || !root_ || only_root_changes(directory_of(file));
  }
  std::optional<FileOwner> owner() const {
    return root_ && setup_.user ? std::optional(setup_.user->ids) : std::nullopt;
  }
  void made(const std::string& what) {
    any_ = true;
    fmt::print("made      {}\n", printable(what));
  }
  static void found(const std::string& what) { fmt::print("is there  {}\n", printable(what)); }
  int fail(std::string_view what, std::string_view next = {}) const;
  int fail_at_database(const directory::Failure& failure) const;

  const RealmSetup& setup_;
  const realm::Config& config_;
  const std::string key_file_;
  bool root_ = true;  // this process is still who has called
  bool is_roots_config_ = false;
  bool key_made_ = false, any_ = false;
};

int SetUp::fail(std::string_view what, std::string_view next) const {
  constexpr std::string_view again = "Then call this again: what is there stays.";
  return tell(exit_failed, harmless(what),
              next.empty() ? std::string(again) : fmt::format("{} {}", next, again));
}

int SetUp::make_directory(const std::string& path, mode_t mode, std::optional<FileOwner> owner) {
  const bool new_one = !exists(path);
  if (!is_mine(path) || !(new_one || (owner && is_roots_and_empty(path)))) return exit_ok;
  if (new_one && ::mkdir(path.c_str(), mode) != 0)
    return fail(fmt::format("the directory {} cannot be made: {}", path, last_error()));
  if (owner && ::lchown(path.c_str(), owner->user, owner->group) != 0)
    return fail(
        fmt::format("the directory {} cannot be given to the service's user: {}", path, last_error()));
  made(path);
  return exit_ok;
}

// The database's first: where others are to be in it, it is the service's all the same.
int SetUp::make_directories() {
  const std::string& database = config_.fixed.database;
  int code = directory::is_file(database)
                 ? make_directory(directory_of(database), private_directory_mode, owner())
                 : exit_ok;
  for (const std::string& file : {key_file_, setup_.config_file})
    if (code == exit_ok) code = make_directory(directory_of(file), open_directory_mode, std::nullopt);
  return code;
}

// A database without its key needs that one, not a new one.
int SetUp::check_key_is_not_missed() {
  if (exists(key_file_)) return exit_ok;
  const auto filled = directory::is_filled(config_.fixed.database);
  if (!filled) return fail_at_database(filled.error());
  if (!*filled) return exit_ok;
  return fail(
      fmt::format("the database {} is there, and its master key {} is not", config_.fixed.database,
                  key_file_),
      "Put the key back, from a backup or from a machine that serves of this database; without it what is "
      "sealed in the database is lost. Or move the database away to begin anew.");
}

int SetUp::make_key() {
  if (exists(key_file_) || !is_mine(key_file_)) return exit_ok;
  if (const auto key = realm::create_master_key(config_.fixed.master_key, owner()); !key)
    return fail(key.error());
  key_made_ = true;
  made(key_file_);
  return exit_ok;
}

int SetUp::fail_at_database(const directory::Failure& failure) const {
  const std::string& database = config_.fixed.database;
  if (failure.reason == directory::Reason::wrong_master_key)
    return fail(failure.text, "Put the master key back that the database was made with.");
  if (directory::is_file(database))
    return fail(failure.text, fmt::format("{} must have room, and belong to the service's user.",
                                          printable(directory_of(database))));
  const std::string user = setup_.user ? setup_.user->name : realm::user_name(::geteuid());
  return fail(failure.text, advice_on_server(database, user));
}

int SetUp::make_database() {
  auto key = realm::read_master_key(config_.fixed.master_key);
  if (!key) return fail(key.error(), "It must be readable for the service's user, and for no one else.");
  if (!key_made_) found(key_file_);
  const std::string& database = config_.fixed.database;
  const auto was_there = directory::is_filled(database);
  if (!was_there) return fail_at_database(was_there.error());
  auto opened = realm::open_sealed({database, true, config_.fixed.spn_aliases}, config_.fixed.master_key,
                                   std::move(*key));
  if (!opened) return fail_at_database(opened.error());
  *was_there ? found(database) : made(database);
  return make_tenant(*opened->directory);
}

// A further tenant is not what somebody means who sets a machine up: nothing asks whether its name is right.
int SetUp::tell_other_tenant(const std::string& other) const {
  const std::string& name = config_.sign_in.tenant;
  return fail(
      fmt::format("the database {} has the tenant {}, and none of the name {}", config_.fixed.database, other,
                  name),
      fmt::format("Say --tenant {}; \"ferryman realm tenant add {}\" makes a further one once the service "
                  "runs.",
                  other, name));
}

int SetUp::make_tenant(directory::Directory& directory) {
  const std::string& name = config_.sign_in.tenant;
  const std::string shown = fmt::format("tenant {} of the realm {}", name, config_.name);
  if (const auto tenant = directory.find_tenant(name); tenant) {
    if (const std::string wrong = realm::check_default_tenant(directory, config_); !wrong.empty())
      return fail(wrong,
                  fmt::format("Say the realm that the tenant has. To begin again, and lose all that is in "
                              "the database: stop ferryman-realm, and remove the database {} and {}.",
                              printable(config_.fixed.database), printable(key_file_)));
    found(shown);
    return exit_ok;
  }
  if (const auto others = directory.tenants({.limit = 1}); !others || !others->items.empty())
    return others ? tell_other_tenant(others->items.front().settings.name) : fail(others.error().text);
  const auto tenant =
      directory.create_tenant({name}, config_.name, config_.policy.etypes, std::time(nullptr));
  if (!tenant) return fail(tenant.error().text);
  made(shown);
  return exit_ok;
}

int SetUp::make_config() {
  if (!setup_.config_text) {
    found(setup_.config_file);
    return exit_ok;
  }
  if (const auto file = create_file({setup_.config_file, config_mode}, as_bytes(*setup_.config_text)); !file)
    return fail(fmt::format("{} cannot be made: {}", setup_.config_file, file.error().message()));
  made(setup_.config_file);
  return exit_ok;
}

// In the child, or of whoever is not root.
int SetUp::as_service_user() {
  int code = make_directories();
  if (code == exit_ok) code = check_key_is_not_missed();
  if (code == exit_ok) code = make_key();
  if (code == exit_ok) code = make_database();
  return code;
}

int SetUp::as_child(const std::function<int()>& work) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return fail(fmt::format("no process can be made: {}", last_error()));
  if (child == 0) {
    root_ = any_ = false;
    int code = become(*setup_.user) ? work() : fail("cannot become the user " + setup_.user->name);
    if (code == exit_ok && !any_) code = exit_nothing_made;
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) return fail(fmt::format("it was ended by signal {}", WTERMSIG(status)));
  any_ = any_ || WEXITSTATUS(status) == exit_ok;
  return WEXITSTATUS(status) == exit_nothing_made ? exit_ok : WEXITSTATUS(status);
}

int SetUp::run() {
  int code = exit_ok;
  if (!setup_.user) {
    code = as_service_user();
    if (code == exit_ok) code = make_config();
  } else {
    code = make_directories();
    if (code == exit_ok) code = as_child([this] { return check_key_is_not_missed(); });
    if (code == exit_ok) code = make_key();
    is_roots_config_ = is_mine(setup_.config_file);
    if (code == exit_ok)
      code = as_child([this] {
        const int made = as_service_user();
        return made == exit_ok && !is_roots_config_ ? make_config() : made;
      });
    if (code == exit_ok && is_roots_config_) code = make_config();
  }
  if (code == exit_ok && !any_) fmt::print("Everything is there already; nothing was changed.\n");
  return code;
}

}  // namespace

int set_up_realm(const RealmSetup& setup) {
  ::umask(S_IWGRP | S_IWOTH);
  return SetUp(setup).run();
}

}  // namespace ferryman
