#include "signin/sealed_sign_in.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "signin/prt.h"

namespace ferryman::signin {
namespace {

using json::Json;

constexpr std::uint64_t max_time = std::uint64_t{1} << 40U;  // seconds

std::optional<std::int64_t> number_of(const Json& content, const char* name, std::uint64_t most) {
  const Json* number = json::member(content, name, Json::value_t::number_unsigned);
  if (number == nullptr || number->get<std::uint64_t>() > most) return std::nullopt;
  return static_cast<std::int64_t>(number->get<std::uint64_t>());
}

struct Content {
  directory::ObjectId user;
  std::int64_t issued = 0;
  std::string bond{};
  Shown shown{};
  std::optional<directory::PrtId> prt{};
};

// Nothing where seal_sign_in() has not written it.
std::optional<Content> content_of(const Json& json) {
  const auto user = id_of<directory::ObjectId>(json, "oid");
  const auto issued = number_of(json, "iat", max_time);
  const auto gesture = number_of(json, "gesture", static_cast<std::uint64_t>(directory::Gesture::key));
  const std::string* bond = json::text_member(json, "bond");
  const auto strong_until = number_of(json, "strong_until", max_time);
  if (!user || !issued || !gesture || !strong_until ||
      *gesture < static_cast<std::int64_t>(directory::Gesture::password) || bond == nullptr)
    return std::nullopt;
  Content content{*user, *issued, *bond};
  content.shown.gesture = static_cast<directory::Gesture>(*gesture);
  content.shown.strong_until = *strong_until;
  if (!read_key_id(json, content.shown.key)) return std::nullopt;
  content.prt = id_of<directory::PrtId>(json, "sid");
  return content;
}

// The PRT that it was got by, while that one is good; none where there is none.
Step<std::optional<directory::Prt>> prt_of(const Realm& realm, const directory::Tenant& tenant,
                                           const Content& content) {
  if (!content.prt) return std::optional<directory::Prt>();
  auto prt = find_prt(realm, tenant, *content.prt);
  if (!prt) return tl::unexpected(std::move(prt.error()));
  if (prt->user != content.user) return refuse_sealed("PRT of another user");
  return std::optional(*std::move(prt));
}

}  // namespace

bool read_key_id(const Json& content, std::optional<directory::KeyId>& key) {
  const std::string* text = json::text_member(content, "kid");
  if (text == nullptr) return !content.contains("kid");
  const auto octets = octets_of_base64url(*text);
  if (!octets || octets->size() != key.emplace().size()) return false;
  std::copy(octets->begin(), octets->end(), key->begin());
  return true;
}

Step<void> check_key(const Realm& realm, const directory::Tenant& tenant,
                     const std::optional<directory::KeyId>& key) {
  if (!key) return {};
  const auto present = realm.records.key(tenant.id, *key);
  if (present) return {};
  if (present.error().reason == directory::Reason::not_found) return refuse_sealed("key revoked");
  return tl::unexpected(unavailable(present.error()));
}

Step<std::string> seal_sign_in(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                               std::string_view type, Json more) {
  const auto bond = bond_of(realm, subject.tenant, subject.user);
  if (!bond) return tl::unexpected(bond.error());
  more["oid"] = subject.user.id.text();
  more["iat"] = realm.now();
  more["bond"] = *bond;
  more["gesture"] = static_cast<int>(subject.shown.gesture);
  more["strong_until"] = subject.shown.strong_until;
  if (subject.shown.key) more["kid"] = base64url_of(*subject.shown.key);
  if (subject.prt != nullptr) more["sid"] = subject.prt->id.text();
  return seal(keys, subject.tenant, type, std::move(more));
}

Step<SealedSignIn> open_sign_in(const Realm& realm, std::string_view path_tenant, std::string_view text,
                                std::string_view type, std::int64_t lifetime) {
  auto sealed = open_sealed(realm, path_tenant, text, type);
  if (!sealed) return tl::unexpected(sealed.error());
  const auto content = content_of(sealed->content);
  if (!content) return refuse_sealed("no token of this service");
  if (content->issued + lifetime <= realm.now())
    return refuse({400, "invalid_grant", entra::token_expired, "The grant has expired.", "expired"});
  auto active = active_user(realm, sealed->tenant, content->user);
  if (!active) return tl::unexpected(active.error());
  const auto bond = bond_of(realm, sealed->tenant, active->account);
  if (!bond) return tl::unexpected(bond.error());
  if (content->bond != *bond) return refuse_sealed("revoked, or password changed since");
  if (const auto good = check_key(realm, sealed->tenant, content->shown.key); !good)
    return tl::unexpected(good.error());
  auto prt = prt_of(realm, sealed->tenant, *content);
  if (!prt) return tl::unexpected(std::move(prt.error()));
  // What a PRT shows ends by itself, however young the token is.
  Shown shown = content->shown;
  if (*prt) shown.strong_until = std::min(shown.strong_until, (*prt)->strong_until);
  return SealedSignIn{std::move(sealed->tenant), *std::move(active), shown,
                      *std::move(prt),           content->issued,    std::move(sealed->content)};
}

}  // namespace ferryman::signin
