#include "signin/realm.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "account/state.h"
#include "base/text.h"
#include "kerberos/numbers.h"

namespace ferryman::signin {
namespace {

using directory::AccountKind;
using directory::Principal;
using directory::Reason;
using directory::Tenant;

auto no_such_tenant() {
  return refuse({400, "invalid_tenant", entra::bad_tenant, "Tenant not found."});
}

Step<std::optional<Principal>> find_client(const Realm& realm, const Tenant& tenant, std::string_view name,
                                           std::int32_t type) {
  const std::array<std::string_view, 1> components{name};
  auto found = realm.directory.find_client(tenant.id, components, type);
  if (!found && found.error().reason != Reason::not_found) return tl::unexpected(unavailable(found.error()));
  if (!found || (*found)->account.kind != AccountKind::user) return std::nullopt;
  return std::optional((*found)->copy());
}

}  // namespace

bool names_every_tenant(std::string_view path_tenant) {
  return equal_without_case(path_tenant, Nonces::every_tenant);
}

Step<Tenant> find_tenant(const Realm& realm, std::string_view name) {
  auto found = realm.directory.find_tenant(name);
  if (!found && found.error().reason != Reason::not_found) return tl::unexpected(unavailable(found.error()));
  if (!found) return no_such_tenant();
  if (found->settings.disabled)
    return refuse({400, "invalid_tenant", entra::bad_tenant, "The tenant is disabled.", tenant_disabled});
  return std::move(*found);
}

Step<Tenant> tenant_of_user(const Realm& realm, std::string_view path_tenant, std::string_view user) {
  if (!names_every_tenant(path_tenant)) return find_tenant(realm, path_tenant);
  const auto at = user.rfind('@');
  if (at == user.npos) return no_such_tenant();
  return find_tenant(realm, user.substr(at + 1));
}

Step<std::optional<Principal>> find_user(const Realm& realm, const Tenant& tenant, std::string_view name) {
  namespace type = kerberos::name_type;
  auto found = find_client(realm, tenant, name, type::enterprise);
  if (!found || *found) return found;
  const auto at = name.rfind('@');
  if (at == name.npos) return find_client(realm, tenant, name, type::principal);
  const std::string_view domain = name.substr(at + 1);
  const auto& domains = tenant.settings.domains;
  if (std::none_of(domains.begin(), domains.end(),
                   [&](const std::string& each) { return equal_without_case(each, domain); }))
    return std::nullopt;
  return find_client(realm, tenant, name.substr(0, at), type::principal);
}

Step<void> check_active(const Realm& realm, const directory::Account& account) {
  if (account::check_account(account, realm.now(), account::Exchange::as)) return {};
  return refuse({400, "invalid_grant", entra::disabled, "The user account is disabled.", "account disabled"});
}

Step<Principal> active_user(const Realm& realm, const Tenant& tenant, const directory::ObjectId& id) {
  auto found = realm.directory.principal(tenant.id, id);
  if (!found && found.error().reason != Reason::not_found) return tl::unexpected(unavailable(found.error()));
  if (!found || found->account.kind != AccountKind::user)
    return refuse({400, "invalid_grant", entra::revoked, "The grant is no longer good.", "user removed"});
  if (auto active = check_active(realm, found->account); !active) {
    active.error().user = found->account.name;
    return tl::unexpected(std::move(active.error()));
  }
  return std::move(*found);
}

std::string upn_of(const Tenant& tenant, const directory::Account& account) {
  if (!account.upns.empty()) return account.upns.front();
  const auto& domains = tenant.settings.domains;
  return account.name + "@" + (domains.empty() ? tenant.realm : domains.front());
}

Step<std::shared_ptr<const TenantKeys>> keys_of(const Realm& realm, const Tenant& tenant) {
  auto keys = realm.keys.of(tenant.id, realm.now());
  if (!keys) return tl::unexpected(unavailable(keys.error()));
  return *std::move(keys);
}

}  // namespace ferryman::signin
