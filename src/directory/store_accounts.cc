#include <fmt/format.h>

#include "base/fold.h"
#include "base/text.h"
#include "directory/names.h"
#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

bool is_own(AccountKind kind) {
  return kind == AccountKind::krbtgt || kind == AccountKind::password_change;
}

Outcome<void> check_name(AccountKind kind, std::string_view name) {
  if (is_own(kind)) return fail(Reason::invalid, "the KDC's own accounts are not changed like that");
  return kind == AccountKind::user ? check_user_name(name) : check_service_name(name);
}

Outcome<void> check_settings(const AccountSettings& settings) {
  const std::string& shown = settings.display_name;
  if (shown.size() > max_display_name || !is_utf8(shown) || shown.find('\0') != shown.npos)
    return fail(Reason::invalid, "a display name is UTF-8 of at most 1024 octets, without NUL");
  if (settings.uid && !may_set_posix_id(*settings.uid))
    return fail(Reason::invalid, fmt::format("{} may not be set as a uid", *settings.uid));
  return {};
}

Outcome<void> check_new(const NewAccount& account) {
  if (auto checked = check_name(account.kind, account.name); !checked) return checked;
  for (const std::string& upn : account.upns)
    if (auto checked = check_upn(upn); !checked) return checked;
  for (const std::string& spn : account.spns)
    if (auto checked = check_spn(spn); !checked) return checked;
  return check_settings(account.settings);
}

// The kind under which a canonical name is registered: an SPN that a service logs on by is one.
NameKind kind_of_name(AccountKind kind, std::string_view name) {
  return kind == AccountKind::service && name.find('/') != name.npos ? NameKind::spn : NameKind::name;
}

Outcome<void> check_primary_group(Connection& c, const TenantId& tenant, std::uint32_t rid) {
  Statement row =
      c.statement("SELECT 1 FROM objects WHERE tenant = ? AND rid = ? AND kind = ?", tenant, rid, group_kind);
  if (!row.step()) return fail(Reason::invalid, fmt::format("the tenant has no group of RID {}", rid));
  return {};
}

Outcome<void> insert_names(Connection& c, const TenantId& tenant, const ObjectId& id,
                           const NewAccount& account) {
  const NameKind kind = kind_of_name(account.kind, account.name);
  auto done = insert_name(c, tenant, {id, kind, account.name, account.exact_names});
  for (const std::string& upn : account.upns)
    if (done) done = insert_name(c, tenant, {id, NameKind::upn, upn, account.exact_names});
  for (const std::string& spn : account.spns)
    if (done && !(kind == NameKind::spn && unique_key(spn) == unique_key(account.name)))
      done = insert_name(c, tenant, {id, NameKind::spn, spn, account.exact_names});
  return done;
}

struct Present {
  AccountKind kind;
  std::string name;
  std::uint32_t rid;
  bool exact_names;
};

Outcome<Present> present(Connection& c, const TenantId& tenant, const ObjectId& id) {
  Statement row = c.statement(
      "SELECT o.kind, o.name, o.rid, a.exact_names FROM objects o "
      "JOIN accounts a ON a.tenant = o.tenant AND a.id = o.id WHERE o.tenant = ? AND o.id = ?",
      tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  return Present{static_cast<AccountKind>(row.integer(0)), row.text(1), row.number(2), row.integer(3) != 0};
}

// One that an administrator may change.
Outcome<Present> changeable(Connection& c, const TenantId& tenant, const ObjectId& id) {
  auto account = present(c, tenant, id);
  if (account && is_own(account->kind))
    return fail(Reason::invalid, "the KDC's own accounts are not changed like that");
  return account;
}

Outcome<void> add_name(Connection& c, const TenantId& tenant, const ObjectId& id, NameKind kind,
                       std::string_view text) {
  const auto account = changeable(c, tenant, id);
  if (!account) return tl::unexpected(account.error());
  return insert_name(c, tenant, {id, kind, std::string(text), account->exact_names});
}

Outcome<void> remove_name(Connection& c, const TenantId& tenant, const ObjectId& id, NameKind kind,
                          std::string_view text) {
  const auto account = changeable(c, tenant, id);
  if (!account) return tl::unexpected(account.error());
  if (find_name(c, tenant, text, {kind}) != id) return fail(Reason::not_found);
  const std::string key = unique_key(text);
  if (key == unique_key(account->name))
    return fail(Reason::invalid, "it is the account's own name, which stays as long as the account does");
  c.run("DELETE FROM names WHERE tenant = ? AND unique_key = ?", tenant, key);
  return {};
}

}  // namespace

Outcome<void> insert_new_account(Connection& c, const TenantId& tenant, const ObjectId& id,
                                 const NewAccount& wanted, std::int64_t now) {
  if (auto checked = check_new(wanted); !checked) return checked;
  const AccountSettings& settings = wanted.settings;
  const auto rid = allocate_rid(c, tenant);
  if (!rid) return tl::unexpected(rid.error());
  auto done = check_primary_group(c, tenant, settings.primary_group);
  if (done)
    done = insert_object(c, tenant,
                         {id, static_cast<std::uint8_t>(wanted.kind), wanted.name, *rid,
                          settings.uid.value_or(first_posix_id + *rid), settings.flags.key_required});
  if (done) done = insert_account(c, tenant, id, settings, wanted.exact_names, now);
  if (done) done = insert_names(c, tenant, id, wanted);
  return done;
}

Outcome<Account> Store::account(const TenantId& tenant, const ObjectId& id) {
  return read_now([&](Connection& c) { return load_account(c, tenant, id); });
}

Outcome<Account> Store::find_account(const TenantId& tenant, std::string_view name) {
  return read([&](Connection& c) -> Outcome<Account> {
    const auto id = find_name(c, tenant, name, {NameKind::name, NameKind::upn, NameKind::spn});
    if (!id) return fail(Reason::not_found);
    return load_account(c, tenant, *id);
  });
}

Outcome<Page<Account>> Store::accounts(const TenantId& tenant, AccountKind kind, const PageRequest& page) {
  return read([&](Connection& c) {
    Statement rows = c.statement(
        "SELECT id FROM objects WHERE tenant = ? AND kind = ? AND folded > ? ORDER BY folded LIMIT ?", tenant,
        kind, page.after, rows_for(page));
    return page_of(
        ids_of<ObjectId>(rows), page, [&](const ObjectId& id) { return load_account(c, tenant, id); },
        [](const Account& last) { return folded(last.name).value_or(""); });
  });
}

Outcome<void> Store::change_account(const TenantId& tenant, const ObjectId& id,
                                    const SettingsChange& change) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto present = changeable(c, tenant, id); !present) return tl::unexpected(present.error());
    const auto account = load_account(c, tenant, id);
    if (!account) return tl::unexpected(account.error());
    AccountSettings settings = account->settings;
    change(settings);
    if (auto checked = check_settings(settings); !checked) return checked;
    if (auto checked = check_primary_group(c, tenant, settings.primary_group); !checked) return checked;
    const std::uint32_t uid = settings.uid.value_or(first_posix_id + account->rid);
    if (auto unique = check_posix_id(c, tenant, id, false, uid); !unique) return unique;
    c.run("UPDATE objects SET posix_id = ?, key_required = ? WHERE tenant = ? AND id = ?", uid,
          settings.flags.key_required, tenant, id);
    c.run(
        "UPDATE accounts SET display_name = ?, flags = ?, expires = ?, supported_enctypes = ?, "
        "primary_group = ? WHERE tenant = ? AND id = ?",
        settings.display_name, mask_of(settings.flags), settings.expires, settings.supported_enctypes,
        settings.primary_group, tenant, id);
    return {};
  });
}

Outcome<void> Store::rename_account(const TenantId& tenant, const ObjectId& id, std::string_view name) {
  return write([&](Connection& c) -> Outcome<void> {
    const auto account = changeable(c, tenant, id);
    if (!account) return tl::unexpected(account.error());
    if (auto checked = check_name(account->kind, name); !checked) return checked;
    const std::string former = unique_key(account->name), key = folded(name).value_or("");
    c.run("DELETE FROM names WHERE tenant = ? AND unique_key = ?", tenant, former);
    const NameKind kind = kind_of_name(account->kind, name);
    auto done = insert_name(c, tenant, {id, kind, std::string(name), account->exact_names});
    if (!done) return done;
    c.run("UPDATE objects SET name = ?, folded = ? WHERE tenant = ? AND id = ?", name, key, tenant, id);
    return {};
  });
}

Outcome<void> Store::add_upn(const TenantId& tenant, const ObjectId& id, std::string_view upn) {
  if (auto checked = check_upn(upn); !checked) return checked;
  return write([&](Connection& c) { return add_name(c, tenant, id, NameKind::upn, upn); });
}

Outcome<void> Store::add_spn(const TenantId& tenant, const ObjectId& id, std::string_view spn) {
  if (auto checked = check_spn(spn); !checked) return checked;
  return write([&](Connection& c) { return add_name(c, tenant, id, NameKind::spn, spn); });
}

Outcome<void> Store::remove_upn(const TenantId& tenant, const ObjectId& id, std::string_view upn) {
  return write([&](Connection& c) { return remove_name(c, tenant, id, NameKind::upn, upn); });
}

Outcome<void> Store::remove_spn(const TenantId& tenant, const ObjectId& id, std::string_view spn) {
  return write([&](Connection& c) { return remove_name(c, tenant, id, NameKind::spn, spn); });
}

Outcome<void> Store::unlock_account(const TenantId& tenant, const ObjectId& id) {
  return write([&](Connection& c) -> Outcome<void> {
    c.run("UPDATE logons SET failures = 0, locked_until = NULL WHERE tenant = ? AND id = ?", tenant, id);
    if (c.changes() == 0) return fail(Reason::not_found);
    return {};
  });
}

Outcome<void> Store::remove_account(const TenantId& tenant, const ObjectId& id) {
  return write([&](Connection& c) -> Outcome<void> {
    const auto account = changeable(c, tenant, id);
    if (!account) return tl::unexpected(account.error());
    c.run("DELETE FROM objects WHERE tenant = ? AND id = ?", tenant, id);
    return {};
  });
}

}  // namespace ferryman::directory::sql
