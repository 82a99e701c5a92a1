#include "base/text.h"
#include "directory/names.h"
#include "directory/store.h"
#include "kerberos/numbers.h"

namespace ferryman::directory::sql {
namespace {

constexpr std::initializer_list<NameKind> names_alone{NameKind::name}, upns_alone{NameKind::upn},
    spns_alone{NameKind::spn}, names_and_spns{NameKind::name, NameKind::spn};

// [MS-KILE] 3.3.5.6.1, without its last resort, the name with a "$" behind it.
std::optional<ObjectId> find_enterprise(Connection& c, const TenantId& tenant, const std::string& name,
                                        const std::string& realm) {
  if (const auto found = find_name(c, tenant, name, upns_alone)) return found;
  const std::size_t at = name.rfind('@');
  if (at == name.npos) return find_name(c, tenant, name, names_alone);
  if (!equal_without_case(std::string_view(name).substr(at + 1), realm)) return std::nullopt;
  return find_name(c, tenant, std::string_view(name).substr(0, at), names_alone);
}

// One of one component is another than one of two that reads the same.
std::string kept_name(std::span<const std::string_view> components, const std::string& joined_name) {
  return std::to_string(components.size()) + ' ' + joined_name;
}

bool may_be_client(AccountKind kind) {
  return kind == AccountKind::user || kind == AccountKind::service;
}

}  // namespace

Outcome<Shared<Principal>> Store::find_client(const TenantId& tenant,
                                              std::span<const std::string_view> components,
                                              std::int32_t name_type) {
  const std::string name = joined(components);
  if (name.empty()) return fail(Reason::not_found);
  const bool is_plain = components.size() == 1 && name_type != kerberos::name_type::enterprise;
  const Kept::Name kept{tenant, (is_plain ? "" : "enterprise ") + kept_name(components, name)};
  return read_or_keep(&Kept::clients, kept, [&](Connection& c) -> Outcome<Principal> {
    std::optional<ObjectId> id;
    if (components.size() > 1) id = find_name(c, tenant, name, names_and_spns);
    if (is_plain) id = find_name(c, tenant, name, names_alone);
    if (!id && components.size() == 1) {
      const auto realm = realm_of(c, tenant);
      if (!realm) return tl::unexpected(realm.error());
      id = is_plain ? find_name(c, tenant, name + "@" + *realm, upns_alone)
                    : find_enterprise(c, tenant, name, *realm);
    }
    if (!id) return fail(Reason::not_found);
    auto client = load_principal(c, masters_, tenant, *id, Keys::sealed);
    if (client && !may_be_client(client->account.kind)) return fail(Reason::not_found);
    return client;
  });
}

Outcome<Shared<Principal>> Store::find_service(const TenantId& tenant,
                                               std::span<const std::string_view> components) {
  const std::string name = joined(components);
  if (name.empty()) return fail(Reason::not_found);
  const auto body = [&](Connection& c) -> Outcome<Principal> {
    auto id = find_name(c, tenant, name, components.size() > 1 ? names_and_spns : names_alone);
    if (!id)
      if (const std::string alias = by_host(name, aliases_); !alias.empty())
        id = find_name(c, tenant, alias, spns_alone);
    if (!id) return fail(Reason::not_found);
    return load_principal(c, masters_, tenant, *id);
  };
  return read_or_keep(&Kept::services, {tenant, kept_name(components, name)}, body, make_ready);
}

Outcome<Principal> Store::principal(const TenantId& tenant, const ObjectId& id) {
  return read([&](Connection& c) { return load_principal(c, masters_, tenant, id); });
}

Outcome<std::vector<LongTermKey>> Store::keys(const TenantId& tenant, const ObjectId& account,
                                              std::uint32_t kvno) {
  return read([&](Connection& c) -> Outcome<std::vector<LongTermKey>> {
    auto keys = load_keys(c, masters_, tenant, account, kvno);
    if (keys && keys->empty()) return fail(Reason::not_found);
    return keys;
  });
}

Outcome<std::vector<LongTermKey>> Store::kept_keys(const TenantId& tenant, const ObjectId& account) {
  return read([&](Connection& c) { return load_kept_keys(c, masters_, tenant, account); });
}

Outcome<Shared<std::vector<LongTermKey>>> Store::krbtgt_keys(const TenantId& tenant, std::uint32_t kvno) {
  const auto body = [&](Connection& c) -> Outcome<std::vector<LongTermKey>> {
    Statement row = c.statement("SELECT id FROM objects WHERE tenant = ? AND rid = ?", tenant, rid::krbtgt);
    if (!row.step()) return fail(Reason::not_found);
    auto keys = load_keys(c, masters_, tenant, row.id<ObjectId>(0), kvno);
    if (keys && keys->empty()) return fail(Reason::not_found);
    return keys;
  };
  return read_or_keep(&Kept::krbtgt_keys, {tenant, kvno}, body, make_ready);
}

}  // namespace ferryman::directory::sql
