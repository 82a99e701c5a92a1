#include <CLI/CLI.hpp>
#include <memory>

#include "ferryman/import_csv.h"
#include "ferryman/import_mit.h"
#include "ferryman/realm_objects.h"

namespace ferryman {
namespace {

void add_mit(RealmTree& tree, CLI::App& imports) {
  auto wanted = std::make_shared<MitImportOptions>();
  const auto mit =
      tree.command(imports, "mit", "Take over the principals of an MIT KDC, with their keys",
                   [wanted](RealmService& service, admin::Json&) { return import_mit(service, *wanted); });
  mit.app->add_option("FILE", wanted->file, "What \"kdb5_util dump\" has written; \"-\": standard input")
      ->required();
  mit.app->add_option("--stash", wanted->stash, "The stash file of that KDC, with its master key")
      ->type_name("FILE")
      ->capture_default_str();
  mit.app->add_flag("--rc4", wanted->rc4, "Keep keys of RC4 as well, where realm.toml allows it");
  mit.app
      ->add_option("--user", wanted->users,
                   "A principal that is a user, though it looks like a service; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  mit.app
      ->add_option("--service", wanted->services,
                   "One that is a service, though it looks like a user; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  mit.app->add_flag("--dry-run", wanted->dry_run, "Say what would be done, and do nothing");
}

void add_csv(RealmTree& tree, CLI::App& imports) {
  auto wanted = std::make_shared<CsvImportOptions>();
  const auto csv =
      tree.command(imports, "csv", "Make the users of a table",
                   [wanted](RealmService& service, admin::Json&) { return import_csv(service, *wanted); });
  csv.app
      ->add_option("FILE", wanted->file, "A table, whose first line names its columns; \"-\": standard input")
      ->required();
  csv.app->add_flag("--dry-run", wanted->dry_run, "Say what would be done, and do nothing");
}

}  // namespace

void add_import_commands(RealmTree& tree) {
  CLI::App& imports = tree.branch("import", "Move in from elsewhere");
  add_mit(tree, imports);
  add_csv(tree, imports);
}

}  // namespace ferryman
