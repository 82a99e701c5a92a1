#include "signin/sealed.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "jose/jwe.h"
#include "jose/parts.h"

namespace ferryman::signin {
namespace {

using directory::Tenant;
using json::Json;

constexpr std::size_t max_sealed_depth = 3;

}  // namespace

tl::unexpected<Answer> refuse_sealed(std::string_view reason) {
  return refuse({400, "invalid_grant", entra::revoked, "The grant is not good, or no longer.", reason});
}

std::string seal(const TenantKeys& keys, const Tenant& tenant, std::string_view type, Json content) {
  content["type"] = type;
  std::string plain = content.dump();
  std::string sealed = jose::seal(keys.prt_key.bytes(), tenant.id.text(), as_bytes(plain));
  json::wipe_text(plain);
  json::wipe_texts(content);
  return sealed;
}

Step<Sealed> open_sealed(const Realm& realm, std::string_view path_tenant, std::string_view text,
                         std::string_view type) {
  constexpr std::string_view foreign = "no token of this service";
  if (text.size() > jose::max_jwe) return refuse_sealed(foreign);
  const auto header = jose::json_of_part(text.substr(0, text.find('.')));
  auto tenant = named_tenant(realm, header ? json::text_member(*header, "kid") : nullptr, refuse_sealed);
  if (!tenant) return tl::unexpected(tenant.error());
  if (!names_every_tenant(path_tenant)) {
    const auto asked = find_tenant(realm, path_tenant);
    if (!asked) return tl::unexpected(asked.error());
    if (asked->id != tenant->id) return refuse_sealed("token of another tenant");
  }
  const auto keys = keys_of(realm, *tenant);
  if (!keys) return tl::unexpected(keys.error());
  const auto plain = jose::unseal((*keys)->prt_key.bytes(), text);
  auto content = plain ? json::parse_object(as_text(plain->bytes()), max_sealed_depth) : std::nullopt;
  const std::string* what = content ? json::text_member(*content, "type") : nullptr;
  if (what == nullptr || *what != type) return refuse_sealed(foreign);
  return Sealed{*std::move(tenant), *std::move(content)};
}

Step<std::string> bond_of(const Realm& realm, const Tenant& tenant, const directory::Account& user) {
  const auto revocations = realm.records.revocations(tenant.id, user.id);
  if (!revocations) return tl::unexpected(unavailable(revocations.error()));
  return std::to_string(*revocations) + "." + std::to_string(user.kvno);
}

}  // namespace ferryman::signin
