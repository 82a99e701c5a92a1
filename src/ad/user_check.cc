#include "ad/user_check.h"

#include <utility>

#include "base/bytes.h"
#include "pac/sid.h"

namespace ferryman::ad {
namespace {

Outcome<std::vector<Account>> accounts_of(Connection& connection, const Values& dns) {
  std::vector<Account> accounts;
  for (const std::string& dn : dns) {
    const auto entry = connection.read(dn, {"sAMAccountName", "objectSid"});
    if (!entry) return tl::unexpected(entry.error());
    const auto sid = pac::Sid::parse(as_bytes(entry->one("objectSid")));
    if (sid) accounts.push_back({dn, entry->one("sAMAccountName"), *sid});
  }
  return accounts;
}

// Nested groups and the primary one with them [MS-ADTS 3.1.1.4.5.19].
Outcome<std::vector<pac::Sid>> token_of(Connection& connection, const Account& user) {
  const auto entry = connection.read(user.dn, {"tokenGroups"});
  if (!entry) return tl::unexpected(entry.error());
  std::vector<pac::Sid> token{user.sid};
  for (const std::string& value : entry->all("tokenGroups"))
    if (const auto sid = pac::Sid::parse(as_bytes(value))) token.push_back(*sid);
  return token;
}

}  // namespace

Outcome<std::vector<Finding>> judge_users(Connection& connection, const Domain& domain,
                                          const TrustObjects& objects,
                                          const std::vector<std::string>& names) {
  std::vector<Finding> findings;
  if (!objects.computer) return findings;
  const auto never = accounts_of(connection, objects.computer->never_reveal);
  if (!never) return tl::unexpected(never.error());
  const auto on_demand = accounts_of(connection, objects.computer->reveal_on_demand);
  if (!on_demand) return tl::unexpected(on_demand.error());
  for (const std::string& name : names) {
    const auto user = find_account(connection, domain, name, "(objectClass=user)");
    if (!user && user.error().reason == Reason::no_such_object) {
      findings.push_back({user.error().text, user.error().next});
      continue;
    }
    if (!user) return tl::unexpected(user.error());
    const auto token = token_of(connection, *user);
    if (!token) return tl::unexpected(token.error());
    if (auto finding = judge_user(domain, *user, *token, *never, *on_demand))
      findings.push_back(std::move(*finding));
  }
  return findings;
}

}  // namespace ferryman::ad
