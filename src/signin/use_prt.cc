#include <nlohmann/json.hpp>
#include <utility>

#include "jose/claims.h"
#include "jose/jwe.h"
#include "jose/session_key.h"
#include "json/parse.h"
#include "signin/prt.h"
#include "signin/prt_answer.h"
#include "signin/token_answer.h"

namespace ferryman::signin {
namespace {

using json::Json;

auto bad_signature(std::string_view reason) {
  return refuse(
      {400, "invalid_client", entra::bad_signature, "The request's signature is not good.", reason});
}

bool asks_for_prt(const Json& claims) {
  std::string_view scope = claim(claims, "scope");
  while (!scope.empty()) {
    const std::string_view word = scope.substr(0, scope.find(' '));
    if (word == "aza") return true;
    scope.remove_prefix(std::min(word.size() + 1, scope.size()));
  }
  return false;
}

std::string renewed(const Realm& realm, const TenantKeys& keys, const OpenedPrt& opened,
                    const directory::Principal& user, const directory::Prt& prt,
                    const SignedRequest& request) {
  const Subject subject{opened.tenant, user.account, {}, &prt};
  PrtAnswer answer = answer_for(realm, keys, subject, request);
  answer.prt = prt_text(keys, opened.tenant, opened.id, opened.session_key.bytes());
  if (request.wants_ticket) {
    const Bytes session_key = opened.session_key.bytes();
    answer.cloud_ticket = cloud_ticket_text(realm, opened.tenant, user, opened.id, session_key);
    answer.partial_ticket = partial_ticket_text(realm, opened.tenant, user, prt.gesture, session_key);
  }
  return prt_answer(answer, realm.now());
}

Step<std::string> other_token(const Realm& realm, const TenantKeys& keys, const OpenedPrt& opened,
                              const directory::Principal& user, const directory::Prt& prt,
                              const Json& claims) {
  const Subject subject{opened.tenant, user.account, {prt.gesture, prt.strong_until}, &prt};
  const std::string& resource = claim(claims, "resource");
  return token_answer(
      realm, keys, subject,
      {claim(claims, "client_id"), resource.empty() ? std::string(registration_audience) : resource,
       claim(claims, "scope")});
}

// By a PRT that was opened, whoever sent it.
Answer use(const Realm& realm, const OpenedPrt& opened, const SignedRequest& request) {
  const Json& claims = request.jws.claims;
  if (const auto good = verify_session_signature(realm, request.jws, opened.session_key.bytes()); !good)
    return good.error();
  const auto nonce = nonce_of(realm, opened.tenant, request, claims);
  if (!nonce) return nonce.error();
  const auto prt = find_prt(realm, opened.tenant, opened.id);
  if (!prt) return prt.error();
  const auto user = active_user(realm, opened.tenant, prt->user);
  if (!user) return user.error();
  const auto keys = keys_of(realm, opened.tenant);
  if (!keys) return keys.error();
  const bool renews = asks_for_prt(claims);
  const std::int64_t end = renews ? realm.now() + prt_seconds(realm) : prt->expires;
  const auto noted = realm.records.renew_prt(opened.tenant.id, opened.id, end, realm.now(), {&*nonce, 1});
  if (!noted) return not_used(noted.error());
  const auto body = renews ? Step<std::string>(renewed(realm, **keys, opened, *user, *prt, request))
                           : other_token(realm, **keys, opened, *user, *prt, claims);
  if (!body) return body.error();
  Answer answer = json_answer(jose::encrypt_answer(opened.session_key.bytes(), as_bytes(*body)));
  answer.user = user->account.name;
  return answer;
}

}  // namespace

Step<void> verify_session_signature(const Realm& realm, const jose::Jws& jws, Bytes session_key) {
  if (jws.header.context.empty()) return bad_signature("no context");
  const auto key = jose::signing_key(session_key, jws.header.context, jws.header.kdf_version, jws.payload);
  if (const auto good = jose::verify(jws, Bytes(key)); !good) return bad_signature(name(good.error()));
  if (const auto good = jose::check_times(jws.claims, realm.now(), {.needs_times = false}); !good)
    return bad_signature(name(good.error()));
  return {};
}

Step<directory::Prt> find_prt(const Realm& realm, const directory::Tenant& tenant,
                              const directory::PrtId& id) {
  auto prt = realm.records.prt(tenant.id, id);
  if (!prt && prt.error().reason != directory::Reason::not_found)
    return tl::unexpected(unavailable(prt.error()));
  if (!prt)
    return refuse(
        {400, "invalid_grant", entra::revoked, "The primary refresh token was revoked.", "PRT revoked"});
  if (prt->expires <= realm.now())
    return refuse({400, "invalid_grant", entra::token_expired, "The primary refresh token has expired.",
                   "PRT expired"});
  if (prt->device_disabled)
    return refuse({400, "invalid_grant", entra::bad_device, "The device is disabled.", "device disabled"});
  return *prt;
}

Answer use_prt(const Realm& realm, const SignedRequest& request) {
  const auto opened = open_prt(realm, request.path_tenant, claim(request.jws.claims, "refresh_token"));
  if (!opened) return opened.error();
  Answer answer = use(realm, *opened, request);
  answer.tenant = opened->tenant.settings.name;
  return answer;
}

}  // namespace ferryman::signin
