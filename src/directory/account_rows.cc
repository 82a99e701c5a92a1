#include <algorithm>
#include <utility>

#include "directory/rows.h"

namespace ferryman::directory::sql {
namespace {

constexpr std::int64_t disabled = 1, must_change = 2, sensitive = 4, ok_as_delegate = 8, trusted_to_auth = 16,
                       rc4 = 32, key_list = 64;

// Everything of an account that is one row, and whether its tenant and its primary group ask for a key.
constexpr const char* select_account =
    "SELECT o.kind, o.name, o.rid, o.posix_id, o.key_required, a.display_name, a.flags, a.expires, "
    "a.supported_enctypes, a.primary_group, a.kvno, a.created, a.password_changed, a.password_expires, "
    "l.failures, l.window_began, l.locked_until, l.last_used, g.posix_id, g.key_required <> 0 OR "
    "t.key_required <> 0 "
    "FROM objects o "
    "JOIN accounts a ON a.tenant = o.tenant AND a.id = o.id "
    "JOIN logons l ON l.tenant = o.tenant AND l.id = o.id "
    "JOIN objects g ON g.tenant = o.tenant AND g.rid = a.primary_group "
    "JOIN tenants t ON t.id = o.tenant "
    "WHERE o.tenant = ? AND o.id = ?";

AccountFlags flags_of(std::int64_t mask, bool key_required) {
  AccountFlags flags;
  flags.disabled = (mask & disabled) != 0;
  flags.must_change = (mask & must_change) != 0;
  flags.key_required = key_required;
  flags.sensitive = (mask & sensitive) != 0;
  flags.ok_as_delegate = (mask & ok_as_delegate) != 0;
  flags.trusted_to_auth = (mask & trusted_to_auth) != 0;
  flags.rc4 = (mask & rc4) != 0;
  flags.key_list = (mask & key_list) != 0;
  return flags;
}

Account account_of(const Statement& row, const ObjectId& id) {
  Account account;
  account.id = id;
  account.kind = static_cast<AccountKind>(row.integer(0));
  account.name = row.text(1);
  account.rid = row.number(2);
  account.uid = row.number(3);
  account.gid = row.number(18);
  AccountSettings& settings = account.settings;
  if (account.uid != first_posix_id + account.rid) settings.uid = account.uid;
  settings.display_name = row.text(5);
  settings.flags = flags_of(row.integer(6), row.integer(4) != 0);
  settings.expires = row.maybe(7);
  settings.supported_enctypes = row.number(8);
  settings.primary_group = row.number(9);
  account.kvno = row.number(10);
  account.created = row.integer(11);
  account.password_changed = row.maybe(12);
  account.password_expires = row.maybe(13);
  account.lockout = {row.number(14), row.integer(15), row.maybe(16)};
  account.last_used = row.maybe(17);
  return account;
}

void add_names(Connection& c, const TenantId& tenant, Account& account) {
  Statement row = c.statement(
      "SELECT kind, spelled FROM names WHERE tenant = ? AND object = ? AND kind > 1 ORDER BY kind, "
      "unique_key",
      tenant, account.id);
  while (row.step()) {
    const bool upn = static_cast<NameKind>(row.integer(0)) == NameKind::upn;
    (upn ? account.upns : account.spns).push_back(row.text(1));
  }
}

// asks: whether the tenant or the primary group asks for a key.
Outcome<Account> load(Connection& c, const TenantId& tenant, const ObjectId& id, bool& asks) {
  Statement row = c.statement(select_account, tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  Account account = account_of(row, id);
  asks = row.integer(19) != 0;
  add_names(c, tenant, account);
  return account;
}

}  // namespace

std::int64_t mask_of(const AccountFlags& flags) {
  return (flags.disabled ? disabled : 0) | (flags.must_change ? must_change : 0) |
         (flags.sensitive ? sensitive : 0) | (flags.ok_as_delegate ? ok_as_delegate : 0) |
         (flags.trusted_to_auth ? trusted_to_auth : 0) | (flags.rc4 ? rc4 : 0) |
         (flags.key_list ? key_list : 0);
}

Outcome<void> insert_account(Connection& c, const TenantId& tenant, const ObjectId& id,
                             const AccountSettings& settings, bool exact_names, std::int64_t now) {
  c.run(
      "INSERT INTO accounts (tenant, id, exact_names, display_name, flags, expires, supported_enctypes, "
      "primary_group, kvno, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
      tenant, id, exact_names, settings.display_name, mask_of(settings.flags), settings.expires,
      settings.supported_enctypes, settings.primary_group, now);
  c.run("INSERT INTO logons (tenant, id) VALUES (?, ?)", tenant, id);
  return {};
}

Outcome<Account> load_account(Connection& c, const TenantId& tenant, const ObjectId& id) {
  bool asks = false;
  return load(c, tenant, id, asks);
}

Outcome<Principal> load_principal(Connection& c, const MasterKeys& masters, const TenantId& tenant,
                                  const ObjectId& id, Keys how) {
  Principal principal;
  principal.tenant = tenant;
  auto account = load(c, tenant, id, principal.key_required);
  if (!account) return tl::unexpected(account.error());
  principal.account = *std::move(account);
  principal.key_required |= principal.account.settings.flags.key_required;
  Statement group = c.statement(
      "SELECT g.rid, g.key_required FROM members m JOIN objects g ON g.tenant = m.tenant AND g.id = "
      "m.group_id "
      "WHERE m.tenant = ? AND m.account = ?",
      tenant, id);
  while (group.step()) {
    principal.key_required |= group.integer(1) != 0;
    if (group.number(0) != principal.account.settings.primary_group)
      principal.groups.push_back(group.number(0));
  }
  std::sort(principal.groups.begin(), principal.groups.end());
  auto keys = load_keys(c, masters, tenant, id, principal.account.kvno, how);
  if (!keys) return tl::unexpected(keys.error());
  principal.keys = *std::move(keys);
  return principal;
}

}  // namespace ferryman::directory::sql
