#pragma once

#include "realm/admin_call.h"

namespace ferryman::realm {

// Takes what the arguments say of the settings that users and services have in common: `display_name`,
// `expires`, `disabled`. Whether they say anything.
bool take_common_settings(Arguments& arguments, directory::AccountSettings& settings);

// One flag. Whether it is said.
bool take_flag(Arguments& arguments, const char* name, bool& flag);

// The same of a user: the settings above, `uid`, `must_change`, `key_required`, `sensitive`, `rc4`,
// `key_list`.
bool take_user_settings(Arguments& arguments, directory::AccountSettings& settings);
// And of a service, but for its encryption types: `ok_as_delegate`, `trusted_to_auth`.
bool take_service_settings(Arguments& arguments, directory::AccountSettings& settings);

// The end of the year 9999: a KerberosTime has four digits for it.
inline constexpr std::int64_t last_second = 253'402'300'799;

// Changes the account's settings. The id of the event that it was disabled or enabled by that, else
// event_id::none.
admin::Outcome<std::int64_t> change_settings(Call& call, const directory::Account& account,
                                             const directory::Directory::SettingsChange& change);

// What has been done by a command that does several things, once: what fails behind it leaves it done.
void note(Call& call, std::int64_t event_id);

// Before an administrator disables or enables a user: an on-premises domain does not undo it.
admin::Outcome<void> keep_own_state(Call& call, const directory::Account& user);

// Names of an account that are added and removed, the latter first, so that one can take the other's place.
// They are looked at before any is changed.
struct NameChanges {
  std::vector<std::string> added, removed;

  bool any() const { return !added.empty() || !removed.empty(); }
};
using CheckName = directory::Outcome<void> (*)(std::string_view name);
using ChangeName = directory::Outcome<void> (directory::Directory::*)(const directory::TenantId&,
                                                                      const directory::ObjectId&,
                                                                      std::string_view);
NameChanges name_changes(Arguments& arguments, const char* added, const char* removed);
admin::Outcome<void> check_names(const NameChanges& changes, CheckName check);
admin::Outcome<void> change_names(Call& call, const directory::ObjectId& id, const NameChanges& changes,
                                  ChangeName add, ChangeName remove);

}  // namespace ferryman::realm
