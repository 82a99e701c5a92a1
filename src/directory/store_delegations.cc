#include <fmt/format.h>

#include "base/text.h"
#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

Outcome<std::string> service_name(Connection& c, const TenantId& tenant, const ObjectId& id) {
  Statement row = c.statement("SELECT name, kind FROM objects WHERE tenant = ? AND id = ?", tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  std::string name = row.text(0);
  if (static_cast<AccountKind>(row.integer(1)) != AccountKind::service)
    return fail(Reason::invalid, fmt::format("\"{}\" is no service", printable(name)));
  return name;
}

// One of an account's two lists.
struct List {
  bool of_target;  // that of who may act at it
  const char* what;
};
constexpr List to_list{false, "at which it may act"}, from_list{true, "that may act at it"};

struct Pair {
  ObjectId actor, target;
};
Pair pair_of(const List& list, const ObjectId& owner, const ObjectId& other) {
  return list.of_target ? Pair{other, owner} : Pair{owner, other};
}

Outcome<void> remove_all(Connection& c, const TenantId& tenant, const ObjectId& owner, const List& list,
                         const std::vector<ObjectId>& others) {
  for (const ObjectId& other : others) {
    const auto name = service_name(c, tenant, other);
    if (!name) return tl::unexpected(name.error());
    const Pair pair = pair_of(list, owner, other);
    c.run("DELETE FROM delegations WHERE tenant = ? AND actor = ? AND target = ? AND by_target = ?", tenant,
          pair.actor, pair.target, list.of_target);
    if (c.changes() == 0)
      return fail(Reason::not_found,
                  fmt::format("\"{}\" is not among those {}", printable(*name), list.what));
  }
  return {};
}

Outcome<void> insert_all(Connection& c, const TenantId& tenant, const ObjectId& owner, const List& list,
                         const std::vector<ObjectId>& others) {
  for (const ObjectId& other : others) {
    if (const auto name = service_name(c, tenant, other); !name) return tl::unexpected(name.error());
    if (other == owner) return fail(Reason::invalid, "a service does not act for users at itself");
    const Pair pair = pair_of(list, owner, other);
    c.run(
        "INSERT INTO delegations (tenant, actor, target, by_target) VALUES (?, ?, ?, ?) ON CONFLICT DO "
        "NOTHING",
        tenant, pair.actor, pair.target, list.of_target);
  }
  return {};
}

std::vector<std::string> names_of(Statement row) {
  std::vector<std::string> names;
  while (row.step()) names.push_back(row.text(0));
  return names;
}

DelegationLists load_lists(Connection& c, const TenantId& tenant, const ObjectId& id) {
  DelegationLists lists;
  lists.to = names_of(c.statement(
      "SELECT o.name FROM delegations d JOIN objects o ON o.tenant = d.tenant AND o.id = d.target "
      "WHERE d.tenant = ? AND d.actor = ? AND d.by_target = 0 ORDER BY o.folded",
      tenant, id));
  lists.from = names_of(
      c.statement("SELECT o.name FROM delegations d JOIN objects o ON o.tenant = d.tenant AND o.id = d.actor "
                  "WHERE d.tenant = ? AND d.target = ? AND d.by_target = 1 ORDER BY o.folded",
                  tenant, id));
  return lists;
}

}  // namespace

Outcome<Delegation> Store::delegation(const TenantId& tenant, const ObjectId& actor, const ObjectId& target) {
  return read([&](Connection& c) -> Outcome<Delegation> {
    Delegation found;
    Statement row =
        c.statement("SELECT by_target FROM delegations WHERE tenant = ? AND actor = ? AND target = ?", tenant,
                    actor, target);
    while (row.step()) (row.integer(0) != 0 ? found.by_target : found.by_actor) = true;
    return found;
  });
}

Outcome<DelegationLists> Store::delegations(const TenantId& tenant, const ObjectId& account) {
  return read([&](Connection& c) -> Outcome<DelegationLists> { return load_lists(c, tenant, account); });
}

Outcome<void> Store::change_delegations(const TenantId& tenant, const ObjectId& account,
                                        const DelegationChanges& changes) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto name = service_name(c, tenant, account); !name) return tl::unexpected(name.error());
    auto done = remove_all(c, tenant, account, to_list, changes.remove_to);
    if (done) done = remove_all(c, tenant, account, from_list, changes.remove_from);
    if (done) done = insert_all(c, tenant, account, to_list, changes.to);
    if (done) done = insert_all(c, tenant, account, from_list, changes.from);
    if (!done) return done;
    const DelegationLists lists = load_lists(c, tenant, account);
    if (lists.to.size() > max_delegations || lists.from.size() > max_delegations)
      return fail(Reason::invalid, fmt::format("a list has at most {} services", max_delegations));
    return {};
  });
}

}  // namespace ferryman::directory::sql
