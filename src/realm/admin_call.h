#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/policy.h"
#include "admin/message.h"
#include "directory/directory.h"
#include "directory/sign_in_records.h"
#include "realm/admin_arguments.h"

namespace ferryman::realm {

// Of Windows' security log, as its readers look for them; duplicate_name is of its system log, by the KDC.
namespace event_id {
inline constexpr std::int64_t none = 0, duplicate_name = 11, user_created = 4720, enabled = 4722,
                              password_reset = 4724, disabled = 4725, user_deleted = 4726,
                              group_created = 4727, member_added = 4728, member_removed = 4729,
                              group_deleted = 4730, group_changed = 4737, domain_changed = 4739,
                              user_changed = 4738, computer_created = 4741, computer_changed = 4742,
                              computer_deleted = 4743, unlocked = 4767, renamed = 4781;
}

// What has come of one of several objects.
struct ObjectEvent {
  std::int64_t event_id;
  std::string object;
  std::optional<admin::Failure> failure{};  // none: it was done
};

// An administrator's command that is being carried out, in one tenant.
struct Call {
  directory::Directory& directory;
  directory::SignInRecords& records;
  const directory::Tenant& tenant;
  const account::Policy& policy;
  Arguments& arguments;
  const std::function<void(const directory::ObjectId&)>& forget_failures;  // of this process
  bool takes_codes;                                                        // a user may enrol by a code
  std::int64_t now;                                                        // seconds since 1970

  // What the event tells of it: the object's canonical name once it is known, and what has been done, where
  // that is not always the same.
  std::string object{};
  std::vector<std::int64_t> event_ids{};
  // Of a command of several objects, or one that may change nothing: in place of the event that it was done.
  std::optional<std::vector<ObjectEvent>> events{};
};

// Carries the command out, whose arguments have not been looked at yet.
using Action = admin::Reply (*)(Call& call);

// Failures for an administrator: `invalid`; not_found of an object and of a tenant; and the directory's,
// behind what could not be done ("The user alice cannot be added").
tl::unexpected<admin::Failure> invalid(std::string text);
tl::unexpected<admin::Failure> none_such(const Call& call, std::string_view kind, std::string_view name);
tl::unexpected<admin::Failure> no_tenant(std::string_view name);
tl::unexpected<admin::Failure> failed(std::string_view what, const directory::Failure& failure);

// The account by any of its names. Another kind than that is not_found, with a text that says what it is.
admin::Outcome<directory::Account> find_account(Call& call, directory::AccountKind kind,
                                                std::string_view name);
admin::Outcome<directory::Group> find_group(Call& call, std::string_view name);

// Commands of users and of services alike: `name` of an account of that kind.
admin::Outcome<directory::Account> named_account(Call& call, directory::AccountKind kind);

}  // namespace ferryman::realm
