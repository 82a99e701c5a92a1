#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string_view>

#include "base/text.h"
#include "directory/database.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_copy.h"
#include "ferryman/realm_objects.h"

namespace ferryman {
namespace {

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

// Where the present database goes; two may go within a second.
std::string name_to_keep(const std::string& database) {
  const std::string name =
      fmt::format("{}.before-{:%Y%m%dT%H%M%SZ}", database, fmt::gmtime(std::time(nullptr)));
  std::string kept = name;
  for (int i = 2; exists(kept); ++i) kept = fmt::format("{}.{}", name, i);
  return kept;
}

// The database with the files that belong to it; first itself, so that it is never there without its log.
int put_away(const std::string& database, const std::string& kept) {
  for (const char* part : {"", "-wal", "-shm"}) {
    const std::string from = database + part, to = kept + part;
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0 && errno != ENOENT)
      return tell(exit_failed, fmt::format("{} cannot be renamed to {}: {}", printable(from), printable(to),
                                           last_error()));
  }
  return exit_ok;
}

// What nobody would look for a realm in.
bool is_database(int file) {
  constexpr std::string_view magic("SQLite format 3\0", 16);
  std::array<char, magic.size()> first{};
  return ::pread(file, first.data(), first.size(), 0) == static_cast<ssize_t>(first.size()) &&
         std::string_view(first.data(), first.size()) == magic;
}

// As the database's owner.
int restore_from(int file, const realm::Config& config) {
  const std::string& database = config.fixed.database;
  if (const int code = try_copy(file, config); code != exit_ok)
    return tell(code, "nothing was restored, and the present database is as it was");
  auto made = FileInMaking::begin({database});
  if (const auto error = made ? append_all(file, *made) : made.error())
    return tell(exit_failed, fmt::format("{} cannot be written: {}", printable(database), error.message()),
                "The present database is as it was.");
  const std::string kept = name_to_keep(database);
  const bool was_there = exists(database);
  if (const int code = put_away(database, kept); code != exit_ok) return code;
  if (const auto error = made->finish())
    return tell(exit_failed, fmt::format("{} cannot be written: {}", printable(database), error.message()),
                fmt::format("The database that was there is {} now.", printable(kept)));
  fmt::print("restored  {}\n", printable(database));
  if (was_there) fmt::print("kept      {}\n", printable(kept));
  return exit_ok;
}

int restore(const std::string& file, const RealmOptions& options) {
  if (options.json || !options.tenant.empty())
    return tell(exit_usage, "restore is of the whole database and prints no JSON",
                "Leave --json and --tenant away.");
  const auto config = config_of_realm(options);
  if (!config) return config.error();
  if (!directory::is_file(config->fixed.database))
    return tell(
        exit_failed,
        fmt::format("the database {} is not restored from a backup's file",
                    printable(config->fixed.database)),
        "Stop ferryman-realm on all machines, and use pg_restore for what pg_dump wrote. A backup of SQLite "
        "comes there by \"ferryman realm migrate --to URL\" of a realm.toml that names it.");
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (opened.get() < 0)
    return tell(exit_failed, fmt::format("{} cannot be read: {}", printable(file), last_error()));
  if (!is_database(opened.get()))
    return tell(exit_failed, fmt::format("{} is no backup of a realm", printable(file)),
                "\"ferryman realm backup FILE\" writes one, of the running service.");
  const auto lock = lock_out_service(*config);
  if (!lock) return lock.error();
  const int code = as_service_user(*config, [&] { return restore_from(opened.get(), *config); });
  if (code == exit_ok) fmt::print("Start the service: systemctl start ferryman-realm\n");
  return code;
}

}  // namespace

void add_restore_command(RealmTree& tree) {
  auto file = std::make_shared<std::string>();
  CLI::App& app =
      tree.local_command("restore", "Put a backup in place of the database, while the service does not run",
                         [file](const RealmOptions& options) { return restore(*file, options); });
  app.add_option("FILE", *file, "What \"backup\" wrote")->required();
}

}  // namespace ferryman
