#include "pac/logon_info.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "decode/bit_names.h"
#include "decode/pac.h"

namespace ferryman::decode {
namespace {

using Text = std::optional<std::u16string>;

void add_number(Node& node, std::string_view name, std::uint32_t value) {
  add_field(node, name, fmt::to_string(value)).number = value;
}

void add_flags(Node& node, std::string_view name, std::uint32_t value, std::string meaning = {}) {
  add_field(node, name, fmt::format("{:#x}", value), std::move(meaning));
}

void add_time(Node& node, std::string_view name, std::uint64_t value) {
  add_field(node, name, file_time_text(value));
}

void add_text(Node& node, std::string_view name, const Text& value) {
  add_field(node, name, value ? printable_utf16(*value) : std::string());
}

void add_sid(Node& node, std::string_view name, const std::optional<pac::Sid>& value) {
  add_field(node, name, value ? value->text() : std::string());
}

void add_group(Node& list, std::string value, std::uint32_t attributes) {
  add_field(list, "group", std::move(value), fmt::format("attributes {:#x}", attributes));
}

void add_groups(Node& node, std::string_view name, const std::vector<pac::GroupMembership>& groups) {
  Node& list = add_field(node, name, {});
  for (const auto& group : groups) add_group(list, fmt::to_string(group.rid), group.attributes);
}

void show_account(Node& node, const pac::LogonInfo& info, const PacOptions& options) {
  add_time(node, "logon-time", info.logon_time);
  add_time(node, "logoff-time", info.logoff_time);
  add_time(node, "kick-off-time", info.kick_off_time);
  add_time(node, "password-last-set", info.password_last_set);
  add_time(node, "password-can-change", info.password_can_change);
  add_time(node, "password-must-change", info.password_must_change);
  add_text(node, "effective-name", info.effective_name);
  add_text(node, "full-name", info.full_name);
  add_text(node, "logon-script", info.logon_script);
  add_text(node, "profile-path", info.profile_path);
  add_text(node, "home-directory", info.home_directory);
  add_text(node, "home-directory-drive", info.home_directory_drive);
  add_number(node, "logon-count", info.logon_count);
  add_number(node, "bad-password-count", info.bad_password_count);
  add_number(node, "user-id", info.user_id);
  add_number(node, "primary-group-id", info.primary_group_id);
  add_groups(node, "groups", info.groups);
  add_flags(node, "user-flags", info.user_flags, user_flag_names(info.user_flags));
  Node& key = add_field(node, "user-session-key", "16 octets (hidden; --secrets shows them)");
  if (options.secrets) set_octets(key, info.user_session_key, true);
}

}  // namespace

void show_logon_info(Node& node, const pac::LogonInfo& info, const PacOptions& options) {
  show_account(node, info, options);
  add_text(node, "logon-server", info.logon_server);
  add_text(node, "logon-domain-name", info.logon_domain_name);
  add_sid(node, "logon-domain-id", info.logon_domain_id);
  add_flags(node, "user-account-control", info.user_account_control,
            user_account_control_names(info.user_account_control));
  add_flags(node, "sub-auth-status", info.sub_auth_status);
  add_time(node, "last-successful-interactive-logon", info.last_successful_logon);
  add_time(node, "last-failed-interactive-logon", info.last_failed_logon);
  add_number(node, "failed-interactive-logon-count", info.failed_logon_count);
  Node& extra = add_field(node, "extra-sids", {});
  for (const auto& [sid, attributes] : info.extra_sids) add_group(extra, sid.text(), attributes);
  add_sid(node, "resource-group-domain-id", info.resource_group_domain_id);
  add_groups(node, "resource-groups", info.resource_groups);
}

}  // namespace ferryman::decode
