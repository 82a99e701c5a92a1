#include "realm/admin_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace ferryman::realm {

bool take_flag(Arguments& arguments, const char* name, bool& flag) {
  const auto said = arguments.maybe_flag(name);
  flag = said.value_or(flag);
  return said.has_value();
}

bool take_common_settings(Arguments& arguments, directory::AccountSettings& settings) {
  const auto display_name = arguments.maybe_text("display_name");
  if (display_name) settings.display_name = *display_name;
  const auto expires = arguments.nullable_number("expires", 0, last_second);
  if (expires) settings.expires = *expires;
  const bool disabled = take_flag(arguments, "disabled", settings.flags.disabled);
  return display_name || expires || disabled;
}

bool take_user_settings(Arguments& arguments, directory::AccountSettings& settings) {
  bool said = take_common_settings(arguments, settings);
  const auto uid = arguments.nullable_number("uid", directory::min_set_posix_id, directory::max_set_posix_id);
  if (uid) settings.uid = *uid ? std::optional(static_cast<std::uint32_t>(**uid)) : std::nullopt;
  directory::AccountFlags& flags = settings.flags;
  for (const auto& [name, flag] : {std::pair<const char*, bool*>{"must_change", &flags.must_change},
                                   {"key_required", &flags.key_required},
                                   {"sensitive", &flags.sensitive},
                                   {"rc4", &flags.rc4},
                                   {"key_list", &flags.key_list}})
    said |= take_flag(arguments, name, *flag);
  return said || uid;
}

bool take_service_settings(Arguments& arguments, directory::AccountSettings& settings) {
  const bool said = take_common_settings(arguments, settings);
  const bool delegate = take_flag(arguments, "ok_as_delegate", settings.flags.ok_as_delegate);
  return take_flag(arguments, "trusted_to_auth", settings.flags.trusted_to_auth) || delegate || said;
}

admin::Outcome<std::int64_t> change_settings(Call& call, const directory::Account& account,
                                             const directory::Directory::SettingsChange& change) {
  bool before = false, after = false;
  const auto done =
      call.directory.change_account(call.tenant.id, account.id, [&](directory::AccountSettings& settings) {
        before = settings.flags.disabled;
        change(settings);
        after = settings.flags.disabled;
      });
  if (!done) return failed(fmt::format("{} cannot be changed", printable(account.name)), done.error());
  if (before == after) return event_id::none;
  return after ? event_id::disabled : event_id::enabled;
}

void note(Call& call, std::int64_t event_id) {
  auto& noted = call.event_ids;
  if (std::find(noted.begin(), noted.end(), event_id) == noted.end()) noted.push_back(event_id);
}

admin::Outcome<void> keep_own_state(Call& call, const directory::Account& user) {
  auto there = call.records.on_premises(call.tenant.id, user.id);
  if (there && there->gave_disabled) {
    there->gave_disabled = false;
    if (const auto done = call.records.set_on_premises(call.tenant.id, *there); !done)
      return failed(fmt::format("{} cannot be changed", printable(user.name)), done.error());
  }
  if (there || there.error().reason == directory::Reason::not_found) return {};
  return failed(fmt::format("{} cannot be read", printable(user.name)), there.error());
}

NameChanges name_changes(Arguments& arguments, const char* added, const char* removed) {
  return {arguments.maybe_texts(added).value_or(std::vector<std::string>()),
          arguments.maybe_texts(removed).value_or(std::vector<std::string>())};
}

admin::Outcome<void> check_names(const NameChanges& changes, CheckName check) {
  for (const std::string& each : changes.added)
    if (const auto checked = check(each); !checked)
      return failed(fmt::format("{} cannot be added", printable(each)), checked.error());
  return {};
}

admin::Outcome<void> change_names(Call& call, const directory::ObjectId& id, const NameChanges& changes,
                                  ChangeName add, ChangeName remove) {
  for (const std::string& each : changes.removed) {
    const auto done = (call.directory.*remove)(call.tenant.id, id, each);
    if (done) continue;
    if (done.error().reason == directory::Reason::not_found)
      return tl::unexpected(
          admin::Failure{std::string(directory::name(directory::Reason::not_found)),
                         fmt::format("{} has no name {}.", printable(call.object), printable(each))});
    return failed(fmt::format("{} cannot be taken from {}", printable(each), printable(call.object)),
                  done.error());
  }
  for (const std::string& each : changes.added)
    if (const auto done = (call.directory.*add)(call.tenant.id, id, each); !done)
      return failed(fmt::format("{} cannot be added to {}", printable(each), printable(call.object)),
                    done.error());
  return {};
}

}  // namespace ferryman::realm
