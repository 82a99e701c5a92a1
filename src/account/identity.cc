#include "account/identity.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/utf16.h"
#include "pac/info.h"
#include "ticket/ticket_pac.h"

namespace ferryman::account {
namespace {

using directory::AccountKind;

// SE_GROUP_MANDATORY, _ENABLED_BY_DEFAULT, _ENABLED [MS-PAC 2.2.1].
constexpr std::uint32_t group_attributes = 7;
// UserFlags: there are extra SIDs [MS-PAC 2.5].
constexpr std::uint32_t has_extra_sids = 0x20;
// UserAccountControl [MS-SAMR 2.2.1.12].
constexpr std::uint32_t normal_account = 0x10, workstation_trust = 0x80, account_disabled = 1;

// S-1-18-number: the authentication authority's [MS-DTYP 2.4.2.4], beside what is of AssertedBy.
constexpr std::uint32_t fresh_public_key = 3, key_trust = 4;
pac::SidAndAttributes authority_says(std::uint32_t number) {
  const std::uint32_t sub_authorities[] = {number};
  return {{18, sub_authorities}, group_attributes};
}

std::u16string utf16(std::string_view text) {
  return utf16_of_utf8(text).value_or(u"");
}

std::string in_case(std::string_view text, char first, char last, int shift) {
  std::string out(text);
  for (char& c : out) {
    if (c >= first && c <= last) c = static_cast<char>(c + shift);
  }
  return out;
}
std::string upper(std::string_view text) {
  return in_case(text, 'a', 'z', 'A' - 'a');
}
std::string lower(std::string_view text) {
  return in_case(text, 'A', 'Z', 'a' - 'A');
}

bool is_computer(const directory::Account& account) {
  return account.name.ends_with('$');
}

std::vector<std::string_view> components(std::string_view name) {
  std::vector<std::string_view> parts;
  for (std::size_t slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/')) {
    parts.push_back(name.substr(0, slash));
    name.remove_prefix(slash + 1);
  }
  parts.push_back(name);
  return parts;
}

pac::UpnDnsInfo upn_info(const PacSubject& subject, const pac::Sid& sid) {
  const directory::Account& account = subject.principal.account;
  pac::UpnDnsInfo info;
  info.dns_domain_name = utf16(subject.tenant.realm);
  if (account.upns.empty()) {
    info.upn = utf16(account.name + "@" + lower(subject.tenant.realm));
    info.flags = pac::UpnDnsInfo::no_upn;
  } else {
    info.upn = utf16(account.upns.front());
  }
  info.extension = pac::UpnDnsInfo::Extension{utf16(account.name), sid};
  return info;
}

}  // namespace

std::optional<pac::Sid> sid_of(const directory::Tenant& tenant, const directory::Account& account) {
  const auto domain = pac::Sid::of_text(tenant.domain_sid);
  if (!domain || domain->sub_authorities().size() == pac::Sid::max_sub_authorities) return std::nullopt;
  return domain->with_rid(account.rid);
}

kerberos::Name canonical_name(const directory::Account& account) {
  const auto parts = components(account.name);
  const bool is_tgs = account.kind == AccountKind::krbtgt;
  return {is_tgs ? kerberos::name_type::srv_inst : kerberos::name_type::principal, parts};
}

bool is_service(const directory::Account& account) {
  switch (account.kind) {
    case AccountKind::krbtgt:
    case AccountKind::password_change:
      return true;
    case AccountKind::service:
      return !account.spns.empty() || account.name.find('/') != std::string::npos;
    case AccountKind::user:
      return !account.spns.empty();
  }
  return false;
}

pac::LogonInfo logon_info(const directory::Tenant& tenant, const directory::Principal& principal,
                          std::int64_t authtime, AssertedBy asserted) {
  const directory::Account& account = principal.account;
  const directory::AccountSettings& settings = account.settings;
  pac::LogonInfo info;
  info.logon_time = pac::file_time(authtime);
  if (account.password_changed) {
    info.password_last_set = info.password_can_change = pac::file_time(*account.password_changed);
  }
  if (account.password_expires) info.password_must_change = pac::file_time(*account.password_expires);
  info.effective_name = utf16(account.name);
  info.full_name = utf16(settings.display_name);
  info.logon_script = info.profile_path = info.home_directory = info.home_directory_drive = u"";
  info.user_id = account.rid;
  info.primary_group_id = settings.primary_group;
  info.groups.push_back({settings.primary_group, group_attributes});
  for (const std::uint32_t rid : principal.groups) info.groups.push_back({rid, group_attributes});
  info.user_flags = has_extra_sids;
  info.logon_server = u"";
  info.logon_domain_name = utf16(upper(tenant.settings.name));
  info.logon_domain_id = pac::Sid::of_text(tenant.domain_sid);
  info.user_account_control = (is_computer(account) ? workstation_trust : normal_account) |
                              (settings.flags.disabled ? account_disabled : 0);
  info.extra_sids.push_back(authority_says(static_cast<std::uint32_t>(asserted)));
  return info;
}

std::optional<pac::Builder> make_pac(const PacSubject& subject) {
  const auto sid = sid_of(subject.tenant, subject.principal.account);
  const auto name = ticket::client_info_name(subject.cname);
  if (!sid || !name) return std::nullopt;
  pac::Builder builder;
  auto logon = logon_info(subject.tenant, subject.principal, subject.authtime, subject.asserted);
  if (subject.key.fresh) logon.extra_sids.push_back(authority_says(fresh_public_key));
  if (subject.key.key_trust) logon.extra_sids.push_back(authority_says(key_trust));
  builder.add(pac::logon_info, logon.write());
  builder.add(pac::client_info, pac::ClientInfo{pac::file_time(subject.authtime), *name}.write());
  builder.add(pac::upn_dns_info, upn_info(subject, *sid).write());
  if (subject.for_tgt) {
    const std::uint32_t flags =
        subject.requested ? pac::AttributesInfo::requested : pac::AttributesInfo::given_implicitly;
    builder.add(pac::attributes_info, pac::AttributesInfo{flags}.write());
    builder.add(pac::requestor, pac::write_requestor(*sid));
  }
  return builder;
}

}  // namespace ferryman::account
