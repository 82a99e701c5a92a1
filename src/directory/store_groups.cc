#include <fmt/format.h>

#include "base/fold.h"
#include "directory/names.h"
#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

// Whether the tenant has such an account.
Outcome<void> check_account(Connection& c, const TenantId& tenant, const ObjectId& id) {
  Statement row = c.statement("SELECT 1 FROM accounts WHERE tenant = ? AND id = ?", tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  return {};
}

}  // namespace

Outcome<Group> load_group(Connection& c, const TenantId& tenant, const ObjectId& id) {
  Statement row = c.statement(
      "SELECT name, rid, posix_id, key_required FROM objects WHERE tenant = ? AND id = ? AND kind = ?",
      tenant, id, group_kind);
  if (!row.step()) return fail(Reason::not_found);
  return Group{id, row.text(0), row.number(1), row.number(2), row.integer(3) != 0};
}

Outcome<Group> Store::create_group(const TenantId& tenant, const NewGroup& group) {
  if (auto checked = check_group_name(group.name); !checked) return tl::unexpected(checked.error());
  if (group.gid && !may_set_posix_id(*group.gid))
    return fail(Reason::invalid, fmt::format("{} may not be set as a gid", *group.gid));
  const ObjectId id{random_guid()};
  return write([&](Connection& c) -> Outcome<Group> {
    const auto rid = allocate_rid(c, tenant);
    if (!rid) return tl::unexpected(rid.error());
    auto done = insert_object(
        c, tenant,
        {id, group_kind, group.name, *rid, group.gid.value_or(first_posix_id + *rid), group.key_required});
    if (done) done = insert_name(c, tenant, {id, NameKind::name, group.name, false});
    if (!done) return tl::unexpected(done.error());
    return load_group(c, tenant, id);
  });
}

Outcome<Group> Store::find_group(const TenantId& tenant, std::string_view name) {
  return read([&](Connection& c) -> Outcome<Group> {
    const auto id = find_name(c, tenant, name, {NameKind::name});
    if (!id) return fail(Reason::not_found);
    return load_group(c, tenant, *id);
  });
}

Outcome<Page<Group>> Store::groups(const TenantId& tenant, const PageRequest& page) {
  return read([&](Connection& c) {
    Statement rows = c.statement(
        "SELECT id FROM objects WHERE tenant = ? AND kind = ? AND folded > ? ORDER BY folded LIMIT ?", tenant,
        group_kind, page.after, rows_for(page));
    return page_of(
        ids_of<ObjectId>(rows), page, [&](const ObjectId& id) { return load_group(c, tenant, id); },
        [](const Group& last) { return folded(last.name).value_or(""); });
  });
}

Outcome<void> Store::require_key(const TenantId& tenant, const ObjectId& group, bool key_required) {
  return write([&](Connection& c) -> Outcome<void> {
    c.run("UPDATE objects SET key_required = ? WHERE tenant = ? AND id = ? AND kind = ?", key_required,
          tenant, group, group_kind);
    if (c.changes() == 0) return fail(Reason::not_found);
    return {};
  });
}

Outcome<void> insert_member(Connection& c, const TenantId& tenant, const ObjectId& group,
                            const ObjectId& account) {
  if (auto found = load_group(c, tenant, group); !found) return tl::unexpected(std::move(found.error()));
  Statement others =
      c.statement("SELECT count(*) FROM members WHERE tenant = ? AND account = ? AND group_id <> ?", tenant,
                  account, group);
  if (others.step() && others.integer(0) >= static_cast<std::int64_t>(max_groups_of_account))
    return fail(Reason::invalid, fmt::format("it is in {} groups, the most that tickets have room for",
                                             max_groups_of_account));
  c.run("INSERT INTO members (tenant, account, group_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", tenant,
        account, group);
  return {};
}

Outcome<void> Store::join_group(const TenantId& tenant, const ObjectId& group, const ObjectId& account) {
  return write([&](Connection& c) -> Outcome<void> {
    if (auto found = check_account(c, tenant, account); !found) return found;
    return insert_member(c, tenant, group, account);
  });
}

Outcome<void> Store::leave_group(const TenantId& tenant, const ObjectId& group, const ObjectId& account) {
  return write([&](Connection& c) -> Outcome<void> {
    c.run("DELETE FROM members WHERE tenant = ? AND account = ? AND group_id = ?", tenant, account, group);
    if (c.changes() == 0) return fail(Reason::not_found);
    return {};
  });
}

Outcome<Page<Account>> Store::members(const TenantId& tenant, const ObjectId& group,
                                      const PageRequest& page) {
  ObjectId after;
  if (const auto guid = guid_of_text(page.after)) after = ObjectId{*guid};
  return read([&](Connection& c) {
    Statement rows = c.statement(
        "SELECT account FROM members WHERE tenant = ? AND group_id = ? AND account > ? ORDER BY account "
        "LIMIT ?",
        tenant, group, after, rows_for(page));
    return page_of(
        ids_of<ObjectId>(rows), page, [&](const ObjectId& id) { return load_account(c, tenant, id); },
        [](const Account& last) { return last.id.text(); });
  });
}

Outcome<void> Store::remove_group(const TenantId& tenant, const ObjectId& group) {
  return write([&](Connection& c) -> Outcome<void> {
    const auto found = load_group(c, tenant, group);
    if (!found) return tl::unexpected(found.error());
    if (found->rid < rid::first_allocated)
      return fail(Reason::invalid, "the groups that a tenant is made with stay");
    Statement primary = c.statement("SELECT 1 FROM accounts WHERE tenant = ? AND primary_group = ? LIMIT 1",
                                    tenant, found->rid);
    if (primary.step()) return fail(Reason::invalid, "it is the primary group of an account");
    Statement denied = c.statement(
        "SELECT number FROM rodc_groups WHERE tenant = ? AND group_id = ? AND denied <> 0 LIMIT 1", tenant,
        group);
    if (denied.step())
      return fail(Reason::invalid,
                  fmt::format("it is denied to the read-only domain controller {}", denied.number(0)));
    c.run("DELETE FROM objects WHERE tenant = ? AND id = ?", tenant, group);
    return {};
  });
}

}  // namespace ferryman::directory::sql
