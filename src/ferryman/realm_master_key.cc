#include "ferryman/realm_master_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include "base/descriptor.h"
#include "base/new_file.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_copy.h"
#include "ferryman/realm_output.h"
#include "ferryman/service_user.h"
#include "realm/master_key.h"

namespace ferryman {
namespace {

using admin::Json;

constexpr const char* again = "Call this again: it goes on from there.";

// The master key's file and its status.
struct KeyFile {
  std::string path, next, source;
  Descriptor lock{-1};  // while it is locked no other process changes the key
  struct stat status {};
};

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

tl::expected<KeyFile, int> lock_key_file(const realm::Config& config) {
  KeyFile key;
  key.source = config.fixed.master_key;
  key.path = *realm::master_key_file(key.source);
  key.next = realm::next_master_key(key.path);
  const std::string shown = printable(key.path);
  key.lock = Descriptor(::open(key.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (key.lock.get() < 0 && errno == ELOOP)
    return tl::unexpected(tell(exit_failed,
                               fmt::format("the master key {} is a link, and none is exchanged", shown),
                               "Name the file itself as master_key in realm.toml, and restart the service."));
  if (key.lock.get() < 0 && errno == ENOENT)
    return tl::unexpected(tell(
        exit_failed, fmt::format("the master key {} is not there", shown),
        fmt::format("Put it back from your copy; those that were changed since are {}.NUMBER. The service "
                    "needs it at its next start.",
                    shown)));
  if (key.lock.get() < 0 || ::fstat(key.lock.get(), &key.status) != 0)
    return tl::unexpected(tell(exit_failed,
                               fmt::format("the master key {} cannot be opened: {}", shown, last_error()),
                               "Call this as root or as the service's user, on the service's machine."));
  struct stat named {};
  if (::flock(key.lock.get(), LOCK_EX | LOCK_NB) == 0 && ::lstat(key.path.c_str(), &named) == 0 &&
      is_same(named, key.status))
    return key;
  return tl::unexpected(tell(exit_failed, fmt::format("the master key {} is being changed already", shown),
                             "Wait for the other command."));
}

// Of one that was interrupted, or of an administrator: whether it has reached the disk is not known, and
// nothing may be sealed under a key that a crash would take.
int use_next(const KeyFile& key, const Descriptor& next) {
  std::error_code error;
  if (::fsync(next.get()) != 0) error = {errno, std::generic_category()};
  if (!error) error = sync_directory(key.next);
  if (!error) return exit_ok;
  return tell(exit_failed, fmt::format("{} cannot be written: {}", printable(key.next), error.message()),
              "Nothing is changed.");
}

// With the present one's owner.
int make_next(const KeyFile& key) {
  const Descriptor there(::open(key.next.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (there.get() >= 0) return use_next(key, there);
  if (errno == ELOOP)
    return tell(exit_failed,
                fmt::format("the next master key {} is a link, and none is used", printable(key.next)),
                "Remove it, and call this again, which makes another.");
  if (errno != ENOENT)
    return tell(exit_failed,
                fmt::format("the next master key {} cannot be opened: {}", printable(key.next), last_error()),
                "Give it the owner and mode of the present one.");
  const auto owner =
      ::geteuid() == 0 ? std::optional(FileOwner{key.status.st_uid, key.status.st_gid}) : std::nullopt;
  const auto made = realm::create_master_key(realm::next_master_key(key.source), owner);
  if (made) return exit_ok;
  return tell(exit_failed, printable(made.error()), "Nothing is changed.");
}

// The present key under a further name. One that was interrupted may have made it.
int keep(const KeyFile& key, const std::string& kept) {
  struct stat status {};
  if (::link(key.path.c_str(), kept.c_str()) != 0 &&
      !(errno == EEXIST && ::lstat(kept.c_str(), &status) == 0 && is_same(status, key.status)))
    return tell(exit_failed,
                fmt::format("the former master key cannot be kept as {}: {}", printable(kept),
                            std::generic_category().message(errno)),
                again);
  return exit_ok;
}

int put_in_place(const KeyFile& key, const std::string& kept) {
  if (const int code = keep(key, kept); code != exit_ok) return code;
  auto error = sync_directory(key.path);
  if (!error && ::rename(key.next.c_str(), key.path.c_str()) != 0) error = {errno, std::generic_category()};
  if (!error) error = sync_directory(key.path);
  if (!error) return exit_ok;
  return tell(
      exit_failed,
      fmt::format("{} cannot become {}: {}", printable(key.next), printable(key.path), error.message()),
      again);
}

bool is_id(const std::string& text) {
  return text.size() == 8 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

int print_change(const RealmService& service, const Json& change, const KeyFile& key,
                 const std::string& kept) {
  const Json result{{"file", key.path}, {"id", change.at("id")}, {"kept", kept}};
  service.print(result, [](const Json& shown) {
    print_line("master key", fmt::format("{}  ({})", text_of(shown, "file"), text_of(shown, "id")));
    print_line("kept", text_of(shown, "kept"));
  });
  return tell(
      exit_ok, "keep a copy of the new master key, apart from those of the database",
      "Backups from before are under the one that is kept: make a new one, and remove it once you have "
      "none of those.");
}

}  // namespace

int rotate_master_key(RealmService& service, const RealmOptions& options) {
  if (!options.tenant.empty())
    return tell(exit_usage, "there is one master key, of all tenants", "Leave off --tenant.");
  const auto config = config_of_realm(options);
  if (!config) return config.error();
  const auto key = lock_key_file(*config);
  if (!key) return key.error();
  const std::string directory = directory_of(key->path);
  if (const int code = as_owner_of(directory, [&] { return make_next(*key); }); code != exit_ok) return code;
  const auto change = service.call("rotate.master_key", {{"source", key->source}});
  if (!change)
    return tell(change.error(), fmt::format("{} stays, for when this is called again", printable(key->next)));
  const std::string former = text_of(*change, "former");
  if (!is_id(former)) return tell(exit_failed, "The service's answer is not understood.", again);
  const std::string kept = key->path + "." + former;
  const int code = as_owner_of(directory, [&] { return put_in_place(*key, kept); });
  return code == exit_ok ? print_change(service, *change, *key, kept) : code;
}

}  // namespace ferryman
