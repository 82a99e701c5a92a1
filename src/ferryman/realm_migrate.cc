#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <memory>

#include "base/text.h"
#include "config/reader.h"
#include "directory/copy_database.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_copy.h"
#include "ferryman/realm_objects.h"
#include "realm/file_access.h"
#include "realm/master_key.h"

namespace ferryman {
namespace {

// The error is an exit code.
tl::expected<std::unique_ptr<directory::Database>, int> open_with_key(const std::string& location,
                                                                      bool create,
                                                                      const realm::Config& config) {
  auto key = realm::read_master_key(config.fixed.master_key);
  if (!key)
    return tl::unexpected(
        tell(exit_failed, key.error(), "Call this as root or as the service's user, who may read it."));
  auto opened = directory::open_database({location, create, config.fixed.spn_aliases}, std::move(*key));
  if (opened) return std::move(*opened);
  const bool is_away =
      opened.error().reason == directory::Reason::unavailable && !directory::is_file(location);
  const std::string advice =
      is_away ? advice_on_server(location, realm::user_name(::geteuid())) + " " : std::string();
  return tl::unexpected(tell(exit_failed, printable(opened.error().text), advice + "Nothing was changed."));
}

// As the service's user.
int copy_to(const std::string& location, const realm::Config& config) {
  const auto from = open_with_key(config.fixed.database, false, config);
  if (!from) return from.error();
  const auto to = open_with_key(location, true, config);
  if (!to) return to.error();
  if (const auto copied = directory::copy_database(**from, **to); !copied)
    return tell(exit_failed, "the database cannot be copied: " + printable(copied.error().text),
                "It is as it was. Name one that is empty, and that is made for this.");
  if (const int code = judge_copy(**to, config); code != exit_ok) return code;
  fmt::print("copied    {}\nto        {}\n", printable(config.fixed.database), printable(location));
  return exit_ok;
}

int migrate(const std::string& location, const RealmOptions& options) {
  if (options.json || !options.tenant.empty())
    return tell(exit_usage, "migrate is of the whole database and prints no JSON",
                "Leave --json and --tenant away.");
  const auto config = config_of_realm(options);
  if (!config) return config.error();
  if (const auto valid = directory::check_location(location); !valid)
    return tell(exit_usage, printable(valid.error().text));
  if (location == config->fixed.database)
    return tell(exit_usage, fmt::format("the database is {} already", printable(location)));
  const auto lock = lock_out_service(*config);
  if (!lock) return lock.error();
  if (const int code = as_service_user(*config, [&] { return copy_to(location, *config); }); code != exit_ok)
    return code;
  fmt::print(
      "\nNext:\n1. Set in {}: database = {}\n2. Start the service: systemctl start ferryman-realm\n"
      "\nThe former database is as it was; nothing writes to it any more. Remove it when all is well.\n",
      printable(options.config), show_string(location));
  return exit_ok;
}

}  // namespace

void add_migrate_command(RealmTree& tree) {
  auto location = std::make_shared<std::string>();
  CLI::App& app = tree.local_command(
      "migrate", "Copy the database to one of another engine or place, while the service does not run",
      [location](const RealmOptions& options) { return migrate(*location, options); });
  app.add_option("--to", *location, "A file, or postgresql:///DATABASE, that has no tenant yet")
      ->required()
      ->type_name("FILE|URL");
}

}  // namespace ferryman
