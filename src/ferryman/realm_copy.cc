#include "ferryman/realm_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/service_user.h"
#include "realm/master_key.h"
#include "realm/open_directory.h"
#include "realm/open_sealed.h"
#include "realm/try_database.h"

namespace ferryman {
namespace {

// A directory that goes with all that is in it.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::string& parent) : path_(parent + "/scratch.XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();  // mode 0700
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }  // empty, with errno: it could not be made

 private:
  std::string path_;
};

}  // namespace

int judge_copy(directory::Database& directory, const realm::Config& config) {
  const auto findings = realm::try_database(directory, config.policy, std::time(nullptr));
  if (!findings) return tell(exit_failed, "the copy cannot be read: " + printable(findings.error().text));
  for (const std::string& each : *findings) tell(exit_failed, printable(each));
  const std::string wrong_tenant = realm::check_default_tenant(directory, config);
  if (!wrong_tenant.empty()) tell(exit_failed, printable(wrong_tenant));
  if (findings->empty() && wrong_tenant.empty()) return exit_ok;
  return tell(exit_failed, "no realm can be served of this copy");
}

tl::expected<realm::Config, int> config_of_realm(const RealmOptions& options) {
  auto loaded = realm::load_config(options.config, realm::Users::not_looked_up);
  if (loaded.mistakes.empty()) return std::move(loaded.config);
  for (const auto& mistake : loaded.mistakes) fmt::print(stderr, "{}\n", mistake.to_string());
  return tl::unexpected(tell(exit_usage, "realm.toml does not say where database and master key are",
                             "Put it right, or name another with -c."));
}

// The lock is not made where there is none: it must be the service's, who could not open it else.
tl::expected<Descriptor, int> lock_out_service(const realm::Config& config) {
  const std::string path = config.fixed.service.front + ".lock";
  Descriptor lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (lock.get() < 0 && errno == ENOENT) return lock;
  if (lock.get() < 0)
    return tl::unexpected(
        tell(exit_failed,
             fmt::format("whether the service runs cannot be seen at {}: {}", printable(path), last_error()),
             "Call this as root or as the service's user."));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  return tl::unexpected(tell(exit_failed, "the service runs, and its database is not exchanged below it",
                             "Stop it first: \"systemctl stop ferryman-realm\"."));
}

int as_service_user(const realm::Config& config, const std::function<int()>& work) {
  const std::string& database = config.fixed.database;
  const auto key = realm::master_key_file(config.fixed.master_key);
  return as_owner_of(directory::is_file(database) ? directory_of(database) : *key, work);
}

std::string advice_on_server(const std::string& location, const std::string& user) {
  std::string advice;
  if (const std::string other = realm::user_of_url(location); !other.empty())
    advice = fmt::format(
        "The URL says user={}, whom the server takes {} for only where its pg_ident.conf says "
        "so: leave that off. ",
        printable(other), user);
  return advice + fmt::format(
                      "The server must run and have the database, in UTF-8, which belongs to the "
                      "service's user: \"sudo -u postgres createuser {0}\", \"sudo -u postgres "
                      "createdb -O {0} -E UTF8 -T template0 DATABASE\".",
                      user);
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string last_error() {
  return std::generic_category().message(errno);
}

std::error_code append_all(int file, FileInMaking& to) {
  std::array<std::uint8_t, 65536> octets;
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(file, octets.data(), octets.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {errno, std::generic_category()};
    if (got == 0) return {};
    if (const auto error = to.write(Bytes(octets.data(), static_cast<std::size_t>(got)))) return error;
    at += got;
  }
}

int try_copy(int file, const realm::Config& config) {
  auto key = realm::read_master_key(config.fixed.master_key);
  if (!key)
    return tell(exit_failed, "the copy cannot be tried: " + key.error(),
                "Call this as root or as the service's user, who may read the master key.");
  const ScratchDirectory scratch(directory_of(config.fixed.database));
  if (scratch.path().empty())
    return tell(exit_failed, fmt::format("the copy cannot be tried beside {}: {}",
                                         printable(config.fixed.database), last_error()));
  const std::string database = scratch.path() + "/realm.db";
  auto made = FileInMaking::begin({database});
  std::error_code error = made ? append_all(file, *made) : made.error();
  if (!error) error = made->finish();
  if (error) return tell(exit_failed, "the copy cannot be tried: " + error.message());
  const auto opened = realm::open_sealed({database, false, config.fixed.spn_aliases}, config.fixed.master_key,
                                         std::move(*key));
  if (!opened && opened.error().reason == directory::Reason::wrong_master_key)
    return tell(
        exit_failed, "the copy cannot be opened: " + printable(opened.error().text),
        "master_key in [realm] of realm.toml must be the one that the copy was sealed under; one that "
        "was changed since is kept beside it, with its number behind its name.");
  if (!opened)
    return tell(exit_failed, "the copy cannot be opened: " + printable(opened.error().text),
                "Is it what \"ferryman realm backup\" wrote?");
  return judge_copy(*opened->directory, config);
}

}  // namespace ferryman
