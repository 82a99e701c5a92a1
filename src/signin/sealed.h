#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/parse.h"
#include "signin/realm.h"

// Texts that a client keeps for this service and cannot read: sealed by their tenant's key, whose id stands
// in front. Nothing is kept of them here.
namespace ferryman::signin {

struct Sealed {
  directory::Tenant tenant;
  json::Json content;
};
// content: an object; its texts are wiped. It is opened as the same type only.
std::string seal(const TenantKeys& keys, const directory::Tenant& tenant, std::string_view type,
                 json::Json content);
// path_tenant: whose it has to be, unless that names every tenant.
Step<Sealed> open_sealed(const Realm& realm, std::string_view path_tenant, std::string_view text,
                         std::string_view type);
// What one is refused with that is well sealed, and yet not good, or no longer.
tl::unexpected<Answer> refuse_sealed(std::string_view reason);

// A member that is the text of a GUID.
template <typename Id>
std::optional<Id> id_of(const json::Json& content, const char* name) {
  const std::string* text = json::text_member(content, name);
  const auto guid = text == nullptr ? std::nullopt : guid_of_text(*text);
  if (!guid) return std::nullopt;
  return Id{*guid};
}

// What a token that is no PRT is bound to: its user's password, and that not all of hers was revoked.
Step<std::string> bond_of(const Realm& realm, const directory::Tenant& tenant,
                          const directory::Account& user);
// The tenant that a token says it is of; nothing of that is true before it has been verified. bad: makes the
// refusal of one that is nobody's.
template <typename Bad>
Step<directory::Tenant> named_tenant(const Realm& realm, const std::string* id, const Bad& bad) {
  if (id == nullptr || !guid_of_text(*id)) return bad("no token of this service");
  auto tenant = find_tenant(realm, *id);
  if (!tenant && tenant.error().reason != tenant_disabled && tenant.error().response.status == 400)
    return bad("tenant removed");
  return tenant;
}

}  // namespace ferryman::signin
