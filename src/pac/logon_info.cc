#include "pac/logon_info.h"

#include "pac/ndr_reader.h"
#include "pac/ndr_writer.h"

namespace ferryman::pac {
namespace {

constexpr auto describe_group = [](auto& ndr, auto& group) {
  ndr.number(group.rid);
  ndr.number(group.attributes);
};

constexpr auto describe_extra_sid = [](auto& ndr, auto& extra) {
  ndr.sid(extra.sid);
  ndr.number(extra.attributes);
};

template <typename Ndr, typename Info>
void describe_account(Ndr& ndr, Info& info) {
  ndr.time(info.logon_time);
  ndr.time(info.logoff_time);
  ndr.time(info.kick_off_time);
  ndr.time(info.password_last_set);
  ndr.time(info.password_can_change);
  ndr.time(info.password_must_change);
  ndr.string(info.effective_name);
  ndr.string(info.full_name);
  ndr.string(info.logon_script);
  ndr.string(info.profile_path);
  ndr.string(info.home_directory);
  ndr.string(info.home_directory_drive);
  ndr.number(info.logon_count);
  ndr.number(info.bad_password_count);
  ndr.number(info.user_id);
  ndr.number(info.primary_group_id);
  ndr.array(info.groups, describe_group);
  ndr.number(info.user_flags);
  ndr.octets(info.user_session_key);
}

template <typename Ndr, typename Info>
void describe_logon(Ndr& ndr, Info& info) {
  constexpr bool terminated = true;
  constexpr std::size_t reserved1 = 8, reserved3 = 4;
  describe_account(ndr, info);
  ndr.string(info.logon_server, terminated);
  ndr.string(info.logon_domain_name, terminated);
  ndr.sid(info.logon_domain_id);
  ndr.reserved(reserved1);
  ndr.number(info.user_account_control);
  ndr.number(info.sub_auth_status);
  ndr.time(info.last_successful_logon);
  ndr.time(info.last_failed_logon);
  ndr.number(info.failed_logon_count);
  ndr.reserved(reserved3);
  ndr.array(info.extra_sids, describe_extra_sid);
  ndr.sid(info.resource_group_domain_id);
  ndr.array(info.resource_groups, describe_group);
}

template <typename Ndr, typename Info>
void describe_delegation(Ndr& ndr, Info& info) {
  ndr.string(info.proxy_target);
  ndr.array(info.transited_services, [](auto& inside, auto& service) { inside.string(service); });
}

}  // namespace

Result<LogonInfo> LogonInfo::parse(Bytes buffer) {
  NdrReader reader(buffer);
  LogonInfo info;
  describe_logon(reader, info);
  return reader.finish().map([&] { return std::move(info); });
}

Octets LogonInfo::write() const {
  NdrWriter writer;
  describe_logon(writer, *this);
  return writer.finish();
}

Result<DelegationInfo> DelegationInfo::parse(Bytes buffer) {
  NdrReader reader(buffer);
  DelegationInfo info;
  describe_delegation(reader, info);
  return reader.finish().map([&] { return std::move(info); });
}

Octets DelegationInfo::write() const {
  NdrWriter writer;
  describe_delegation(writer, *this);
  return writer.finish();
}

}  // namespace ferryman::pac
