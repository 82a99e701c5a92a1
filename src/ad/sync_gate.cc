#include "ad/sync_gate.h"

#include <fmt/format.h>

#include <algorithm>

#include "ad/names.h"
#include "base/text.h"

namespace ferryman::ad {
namespace {

// LDAP_MATCHING_RULE_TRANSITIVE_EVAL [MS-ADTS 3.1.1.3.4.4.3].
std::string within(const std::string& dn) {
  return fmt::format("(memberOf:1.2.840.113556.1.4.1941:={})", escape_filter(dn));
}

// Of the groups that are members of it, however far down.
Outcome<void> append_nested(Connection& connection, const Domain& domain, const std::string& dn,
                            std::vector<std::uint32_t>& rids) {
  const Search search{domain.dn, Scope::subtree, "(&(objectClass=group)" + within(dn) + ")", {"objectSid"}};
  const auto done = connection.search_paged(search, [&](const Entry& entry) {
    const auto sid = pac::Sid::parse(as_bytes(entry.one("objectSid")));
    if (const auto rid = sid ? sid->rid_in(domain.sid) : std::nullopt) rids.push_back(*rid);
    return rids.size() <= max_nested_groups;
  });
  if (!done) return done;
  if (rids.size() > max_nested_groups)
    return fail(Reason::too_much,
                fmt::format("there are more than {} groups within {}", max_nested_groups, printable(dn)));
  return {};
}

template <typename T>
void make_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

std::string gate_filter(const std::vector<std::string>& dns, const std::vector<std::uint32_t>& rids) {
  if (dns.empty()) return {};
  std::string filter = "(|";
  for (const std::string& dn : dns) filter += within(dn);
  for (const std::uint32_t rid : rids) filter += fmt::format("(primaryGroupID={})", rid);
  return filter + ")";
}

Outcome<SyncGate> read_gate(Connection& connection, const Domain& domain,
                            const std::vector<std::string>& names) {
  SyncGate gate;
  std::vector<std::string> dns;
  std::vector<std::uint32_t> rids;
  for (const std::string& name : names) {
    const auto group = find_account(connection, domain, name, "(objectClass=group)");
    if (!group) return tl::unexpected(group.error());
    gate.groups.push_back(group->sid.text());
    dns.push_back(group->dn);
    if (const auto rid = group->sid.rid_in(domain.sid)) rids.push_back(*rid);
    if (const auto done = append_nested(connection, domain, group->dn, rids); !done)
      return tl::unexpected(done.error());
  }
  make_unique(gate.groups);
  make_unique(rids);
  gate.filter = gate_filter(dns, rids);
  return gate;
}

}  // namespace ferryman::ad
