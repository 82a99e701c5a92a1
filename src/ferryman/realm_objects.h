#pragma once

#include "ferryman/realm_tree.h"

// The commands of `ferryman realm` for what runs, for tenants, for their objects, and for the database.
namespace ferryman {

void add_status_and_events(RealmTree& tree);
void add_user_commands(RealmTree& tree);
void add_group_commands(RealmTree& tree);
void add_device_commands(RealmTree& tree);
// Of the branch of users: how they enrol, and with what they sign in.
void add_sign_in_commands(RealmTree& tree, CLI::App& users);
void add_service_commands(RealmTree& tree);
void add_tenant_commands(RealmTree& tree);
// Of the branch "ad".
void add_rodc_commands(RealmTree& tree, CLI::App& branch);
void add_import_commands(RealmTree& tree);
void add_backup_command(RealmTree& tree);
void add_restore_command(RealmTree& tree);
void add_migrate_command(RealmTree& tree);
void add_rotate_commands(RealmTree& tree);
void add_ad_commands(RealmTree& tree);
void add_pkinit_commands(RealmTree& tree);
// Of the branch of services.
void add_service_rotation(RealmTree& tree, CLI::App& services);

// disable, enable and unlock of the object, "user" or "service"; print shows it as it is then.
void add_state_commands(RealmTree& tree, CLI::App& branch, const std::string& object,
                        const std::function<void(const admin::Json&)>& print);

}  // namespace ferryman
