#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <system_error>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_copy.h"
#include "ferryman/realm_objects.h"

namespace ferryman {
namespace {

using admin::Json;

int cannot_write(const std::string& file, const std::error_code& error) {
  if (error == std::errc::file_exists)
    return tell(
        exit_failed,
        fmt::format("{} is there already, and a backup is never written over a file", printable(file)),
        "Name another one.");
  return tell(exit_failed, fmt::format("{} cannot be written: {}", printable(file), error.message()),
              "Name another file.");
}

// All pieces of the copy that the service holds for this connection.
int fetch(RealmService& service, std::int64_t size, const std::string& file, FileInMaking& made) {
  for (std::int64_t at = 0; at < size;) {
    const auto piece = service.call("backup.read", {{"offset", at}});
    if (!piece) return piece.error();
    const auto octets = secret_of_base64(piece->at("octets").get_ref<const std::string&>());
    if (!octets || octets->empty())
      return tell(exit_failed, "The service's backup is not whole.", "Try again.");
    if (const auto error = made.write(octets->bytes())) return cannot_write(file, error);
    at += static_cast<std::int64_t>(octets->size());
  }
  const auto error = made.finish();
  return error ? cannot_write(file, error) : exit_ok;
}

int verify(const std::string& file, const RealmOptions& options) {
  const auto config = config_of_realm(options);
  if (!config) return config.error();
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.get() < 0)
    return tell(exit_failed, fmt::format("{} cannot be read: {}", printable(file), last_error()));
  return as_service_user(*config, [&] { return try_copy(opened.get(), *config); });
}

struct BackupOptions {
  std::string file;
  bool verify = false;
};

int back_up(RealmService& service, const BackupOptions& wanted, const RealmOptions& options) {
  const std::string& file = wanted.file;
  struct stat status {};
  if (::lstat(file.c_str(), &status) == 0)  // before the service copies anything
    return cannot_write(file, std::make_error_code(std::errc::file_exists));
  auto made = FileInMaking::begin({file});
  if (!made) return cannot_write(file, made.error());
  const auto begun = service.call("backup.begin");
  if (!begun) return begun.error();
  const auto size = begun->at("size").get<std::int64_t>();
  if (const int code = fetch(service, size, file, *made); code != exit_ok) return code;
  if (wanted.verify)
    if (const int code = verify(file, options); code != exit_ok)
      return tell(code, fmt::format("{} is written, but not verified", printable(file)));
  if (service.json()) {
    fmt::print("{}\n", Json{{"file", file}, {"size", size}, {"verified", wanted.verify}}.dump(2, ' ', true));
  } else {
    fmt::print("{}: {} octets{}\n", printable(file), size, wanted.verify ? ", verified" : "");
  }
  return exit_ok;
}

}  // namespace

void add_backup_command(RealmTree& tree) {
  auto wanted = std::make_shared<BackupOptions>();
  const auto backup = tree.command(tree.root(), "backup", "Write a copy of the running service's database",
                                   [wanted, &options = tree.options()](RealmService& service, Json&) {
                                     return back_up(service, *wanted, options);
                                   });
  backup.app->add_option("FILE", wanted->file, "The file, which must not be there yet; mode 0600")
      ->required();
  backup.app->add_flag(
      "--verify", wanted->verify,
      "Open the copy with the master key, read all of it, and issue a ticket of each tenant");
}

}  // namespace ferryman
