#include "realm/kdc_identities.h"

#include <algorithm>
#include <utility>

#include "pki/private_key.h"

namespace ferryman::realm {
namespace {

using directory::Reason;
using directory::SecretKind;
using directory::SignInSecret;

constexpr std::int64_t day = 24 * 3600, authority_days = 365 * 30, identity_days = 30;

SignInSecret new_authority(const directory::Tenant& tenant, std::int64_t now) {
  const auto made = pkinit::KdcAuthority::make(tenant.realm, {now - day, now + authority_days * day});
  return {made.certificate().der(), made.key().pkcs8()};
}

}  // namespace

directory::Outcome<pkinit::KdcAuthority> KdcIdentities::authority(const directory::Tenant& tenant,
                                                                  std::int64_t now) const {
  const auto secret = records_.secret(
      tenant.id, SecretKind::kdc_authority, [&] { return new_authority(tenant, now); }, now);
  if (!secret) return tl::unexpected(secret.error());
  auto key = pki::PrivateKey::of_pkcs8(secret->secret.bytes());
  auto certificate = pki::Certificate::parse(secret->known);
  if (key && certificate) {
    auto loaded = pkinit::KdcAuthority::load(*std::move(key), *std::move(certificate));
    if (loaded) return *std::move(loaded);
  }
  return directory::fail(Reason::damaged, "the KDC's certification authority is not as it was written");
}

directory::Outcome<std::shared_ptr<const pkinit::KdcIdentity>> KdcIdentities::of(
    const directory::Tenant& tenant, std::int64_t now) {
  if (auto kept = find(tenant.id, now)) return kept;
  const auto from = authority(tenant, now);
  if (!from) return tl::unexpected(from.error());
  auto identity = std::make_shared<const pkinit::KdcIdentity>(
      from->issue(tenant.realm, {now - day, now + identity_days * day}));
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= max_kept) {
    const auto is_older = [](const auto& a, const auto& b) {
      return a.second.good_until < b.second.good_until;
    };
    kept_.erase(std::min_element(kept_.begin(), kept_.end(), is_older));
  }
  kept_[tenant.id] = {identity, now + identity_days * day * 2 / 3};
  return identity;
}

std::shared_ptr<const pkinit::KdcIdentity> KdcIdentities::find(const directory::TenantId& tenant,
                                                               std::int64_t now) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(tenant);
  return found != kept_.end() && now < found->second.good_until ? found->second.identity : nullptr;
}

}  // namespace ferryman::realm
