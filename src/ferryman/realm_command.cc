#include "ferryman/realm_command.h"

#include "ferryman/realm_init.h"
#include "ferryman/realm_objects.h"
#include "ferryman/realm_tree.h"

namespace ferryman {

void add_realm_command(CLI::App& app, std::function<int()>& run) {
  RealmTree tree(app, run);
  add_init_command(tree);
  add_status_and_events(tree);
  add_user_commands(tree);
  add_group_commands(tree);
  add_device_commands(tree);
  add_service_commands(tree);
  add_tenant_commands(tree);
  add_import_commands(tree);
  add_backup_command(tree);
  add_restore_command(tree);
  add_migrate_command(tree);
  add_rotate_commands(tree);
  add_ad_commands(tree);
  add_pkinit_commands(tree);
}

}  // namespace ferryman
