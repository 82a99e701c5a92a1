#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "pac/sid.h"

namespace ferryman::pac {

// GROUP_MEMBERSHIP [MS-PAC 2.2.2]; attributes: SE_GROUP_*.
struct GroupMembership {
  std::uint32_t rid = 0, attributes = 0;
  friend bool operator==(const GroupMembership&, const GroupMembership&) = default;
};

// KERB_SID_AND_ATTRIBUTES [MS-PAC 2.2.1].
struct SidAndAttributes {
  Sid sid{0, {}};
  std::uint32_t attributes = 0;
  friend bool operator==(const SidAndAttributes&, const SidAndAttributes&) = default;
};

// KERB_VALIDATION_INFO [MS-PAC 2.5], the buffer LOGON_INFO: who the user is, and the groups. Times are
// FILETIMEs; a string that is not there is another thing than an empty one. Reserved fields are written as
// zero.
struct LogonInfo {
  static constexpr std::uint64_t never = 0x7fffffffffffffff;

  std::uint64_t logon_time = 0, logoff_time = never, kick_off_time = never, password_last_set = 0,
                password_can_change = 0, password_must_change = never;
  std::optional<std::u16string> effective_name, full_name, logon_script, profile_path, home_directory,
      home_directory_drive;
  std::uint16_t logon_count = 0, bad_password_count = 0;
  std::uint32_t user_id = 0, primary_group_id = 0;
  std::vector<GroupMembership> groups;
  std::uint32_t user_flags = 0;  // 0x20: extra_sids, 0x200: resource groups
  SecretArray<16> user_session_key;
  std::optional<std::u16string> logon_server, logon_domain_name;
  std::optional<Sid> logon_domain_id;
  std::uint32_t user_account_control = 0, sub_auth_status = 0;
  std::uint64_t last_successful_logon = 0, last_failed_logon = 0;  // interactive ones
  std::uint32_t failed_logon_count = 0;
  std::vector<SidAndAttributes> extra_sids;
  std::optional<Sid> resource_group_domain_id;
  std::vector<GroupMembership> resource_groups;

  // Faults: those of NdrReader.
  static Result<LogonInfo> parse(Bytes buffer);
  Octets write() const;

  friend bool operator==(const LogonInfo&, const LogonInfo&) = default;
};

// S4U_DELEGATION_INFO [MS-PAC 2.9], the buffer DELEGATION_INFO: through whom constrained delegation went.
struct DelegationInfo {
  std::optional<std::u16string> proxy_target;
  std::vector<std::optional<std::u16string>> transited_services;

  static Result<DelegationInfo> parse(Bytes buffer);
  Octets write() const;

  friend bool operator==(const DelegationInfo&, const DelegationInfo&) = default;
};

}  // namespace ferryman::pac
