#include "ad/trust.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ad/names.h"
#include "base/text.h"

namespace ferryman::ad {
namespace {

constexpr std::uint32_t builtin = 32;
// Administrators, Server Operators, Account Operators, Backup Operators.
constexpr std::array<std::uint32_t, 4> never_builtin{544, 549, 548, 551};
constexpr std::uint32_t administrators = 544, domain_users = 513, denied_rodc_group = 572;
// Domain Admins, Domain Controllers, Schema Admins, Enterprise Admins, Group Policy Creator Owners, Read-only
// Domain Controllers; the accounts Administrator and krbtgt.
constexpr std::array<std::uint32_t, 8> never_in_domain{512, 516, 518, 519, 520, 521, 500, 502};

pac::Sid builtin_sid(std::uint32_t rid) {
  return {5, std::array{builtin, rid}};
}

// At most one: an account's name is unique.
Outcome<std::optional<Entry>> find_one(Connection& connection, const Domain& domain,
                                       const std::string& filter,
                                       const std::vector<std::string>& attributes) {
  auto found = connection.search({domain.dn, Scope::subtree, filter, attributes});
  if (!found) return tl::unexpected(found.error());
  if (found->entries.empty()) return std::nullopt;
  if (found->entries.size() > 1)
    return fail(Reason::failed,
                fmt::format("{} and {} have one name", printable(found->entries[0].dn),
                            printable(found->entries[1].dn)),
                "Remove the one that is not meant.");
  return std::move(found->entries.front());
}

TrustComputer computer_of(const Entry& entry) {
  return {entry.dn,
          entry.one("description"),
          entry.number("userAccountControl").value_or(0),
          entry.number("msDS-SupportedEncryptionTypes").value_or(0),
          entry.all("msDS-NeverRevealGroup"),
          entry.all("msDS-RevealOnDemandGroup"),
          entry.one("msDS-KrbTgtLink")};
}

TrustKrbtgt krbtgt_of(const Entry& entry) {
  return {entry.dn,
          entry.one("description"),
          entry.one("sAMAccountName"),
          entry.number("userAccountControl").value_or(0),
          entry.number("msDS-SecondaryKrbTgtNumber").value_or(0),
          entry.number("msDS-KeyVersionNumber").value_or(0)};
}

}  // namespace

bool is_trust_name(std::string_view name) {
  return !name.empty() && name.size() <= max_trust_name && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           const char upper = ascii_upper(c);
           return (upper >= 'A' && upper <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

bool TrustObjects::are_linked() const {
  return computer && krbtgt && krbtgt->number > 0 && is_same_dn(computer->krbtgt_link, krbtgt->dn);
}

Outcome<TrustObjects> read_trust(Connection& connection, const Domain& domain, std::string_view name) {
  const auto computer = find_one(
      connection, domain, fmt::format("(&(objectClass=computer)(sAMAccountName={}$))", escape_filter(name)),
      {"description", "userAccountControl", "msDS-SupportedEncryptionTypes", "msDS-NeverRevealGroup",
       "msDS-RevealOnDemandGroup", "msDS-KrbTgtLink"});
  if (!computer) return tl::unexpected(computer.error());
  const auto krbtgt = find_one(
      connection, domain,
      fmt::format("(&(objectClass=user)(!(objectClass=computer))(cn=krbtgt_{}))", escape_filter(name)),
      {"description", "sAMAccountName", "userAccountControl", "msDS-SecondaryKrbTgtNumber",
       "msDS-KeyVersionNumber"});
  if (!krbtgt) return tl::unexpected(krbtgt.error());
  TrustObjects objects;
  if (*computer) objects.computer = computer_of(**computer);
  if (*krbtgt) objects.krbtgt = krbtgt_of(**krbtgt);
  return objects;
}

std::optional<std::string> trust_name_of(const Entry& krbtgt) {
  constexpr std::string_view head = "krbtgt_";
  const std::string& cn = krbtgt.one("cn");
  if (!cn.starts_with(head) || !krbtgt.one("description").starts_with(trust_mark)) return std::nullopt;
  std::string name = cn.substr(head.size());
  return is_trust_name(name) ? std::optional(std::move(name)) : std::nullopt;
}

Outcome<std::optional<std::string>> find_trust_name(Connection& connection, const Domain& domain,
                                                    std::int64_t number) {
  const auto krbtgt = find_one(connection, domain,
                               fmt::format("(&(objectClass=user)(msDS-SecondaryKrbTgtNumber={}))", number),
                               {"cn", "description"});
  if (!krbtgt) return tl::unexpected(krbtgt.error());
  if (!*krbtgt) return std::nullopt;
  return trust_name_of(**krbtgt);
}

Outcome<TrustGroups> read_trust_groups(Connection& connection, const Domain& domain) {
  TrustGroups groups;
  std::vector<pac::Sid> never{domain.sid.with_rid(denied_rodc_group)};
  for (const std::uint32_t rid : never_builtin) never.push_back(builtin_sid(rid));
  for (const pac::Sid& sid : never) {
    const auto entry = connection.read(dn_of_sid(sid), {"objectSid"});
    // Of a domain that was made long ago some may be missing.
    if (!entry && entry.error().reason == Reason::no_such_object && sid != builtin_sid(administrators))
      continue;
    if (!entry) return tl::unexpected(entry.error());
    groups.never.push_back(entry->dn);
  }
  const auto users = connection.read(dn_of_sid(domain.sid.with_rid(domain_users)), {"objectSid"});
  if (!users) return tl::unexpected(users.error());
  groups.users = users->dn;
  return groups;
}

bool is_never_allowed(const pac::Sid& group, const pac::Sid& domain) {
  const auto rid = group.rid_in(domain);
  if (rid) return std::find(never_in_domain.begin(), never_in_domain.end(), *rid) != never_in_domain.end();
  return std::any_of(never_builtin.begin(), never_builtin.end(),
                     [&](std::uint32_t one) { return group == builtin_sid(one); });
}

}  // namespace ferryman::ad
