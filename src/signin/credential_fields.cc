#include "signin/credential_fields.h"

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "jose/claims.h"
#include "json/parse.h"
#include "signin/prt.h"

namespace ferryman::signin {
namespace {

constexpr std::string_view of_prt = "x-ms-RefreshTokenCredential", of_device = "x-ms-DeviceCredential";

std::string_view field(const local::HttpRequest& request, std::string_view name) {
  for (const local::Field& each : request.fields) {
    if (equal_without_case(each.name, name)) return each.value;
  }
  return {};
}

auto bad_jwt(std::string_view reason) {
  return refuse({400, "invalid_request", entra::bad_request, "A credential is no signed JWT.", reason});
}

// What both have signed: each with its own nonce, or with the same.
Step<std::vector<directory::NonceUse>> nonces_of(const Realm& realm, const directory::Tenant& tenant,
                                                 const SignedRequest& by_prt,
                                                 const SignedRequest& by_device) {
  const auto first = nonce_of(realm, tenant, by_prt, by_prt.jws.claims);
  if (!first) return tl::unexpected(first.error());
  const auto second = nonce_of(realm, tenant, by_device, by_device.jws.claims);
  if (!second) return tl::unexpected(second.error());
  std::vector<directory::NonceUse> nonces{*first};
  if (second->nonce != first->nonce) nonces.push_back(*second);
  return nonces;
}

Step<void> check_device(const Realm& realm, const directory::Tenant& tenant, const jose::Jws& jws,
                        const directory::Prt& prt) {
  const auto keys = keys_of(realm, tenant);
  if (!keys) return tl::unexpected(keys.error());
  const auto device = verify_device(realm, tenant, **keys, jws);
  if (!device) return tl::unexpected(device.error());
  if (const auto good = jose::check_times(jws.claims, realm.now(), {.needs_times = false}); !good)
    return refuse({400, "invalid_client", entra::bad_signature, "The request is not of this time.",
                   name(good.error())});
  if (device->id != prt.device)
    return refuse({400, "invalid_grant", entra::bad_device, "The device is not the one of the token.",
                   "PRT of another device"});
  return {};
}

}  // namespace

bool has_credential_fields(const local::HttpRequest& request) {
  return !field(request, of_prt).empty() && !field(request, of_device).empty();
}

Step<PrtHolder> verify_credential_fields(const Realm& realm, const local::HttpRequest& request,
                                         std::string_view path_tenant) {
  const auto by_prt = jose::parse_jws(field(request, of_prt)),
             by_device = jose::parse_jws(field(request, of_device));
  if (!by_prt) return bad_jwt(name(by_prt.error()));
  if (!by_device) return bad_jwt(name(by_device.error()));
  const auto opened = open_prt(realm, path_tenant, claim(by_prt->claims, "refresh_token"));
  if (!opened) return tl::unexpected(opened.error());
  if (const auto good = verify_session_signature(realm, *by_prt, opened->session_key.bytes()); !good)
    return tl::unexpected(good.error());
  const std::string both = std::string(field(request, of_prt)) + " " + std::string(field(request, of_device));
  const auto nonces =
      nonces_of(realm, opened->tenant, {path_tenant, both, *by_prt}, {path_tenant, both, *by_device});
  if (!nonces) return tl::unexpected(nonces.error());
  auto prt = find_prt(realm, opened->tenant, opened->id);
  if (!prt) return tl::unexpected(prt.error());
  if (const auto good = check_device(realm, opened->tenant, *by_device, *prt); !good)
    return tl::unexpected(good.error());
  auto user = active_user(realm, opened->tenant, prt->user);
  if (!user) return tl::unexpected(user.error());
  const auto used =
      realm.records.renew_prt(opened->tenant.id, opened->id, prt->expires, realm.now(), *nonces);
  if (!used) return tl::unexpected(not_used(used.error()));
  return PrtHolder{opened->tenant, *std::move(user), *std::move(prt)};
}

}  // namespace ferryman::signin
