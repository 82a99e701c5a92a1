#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "jose/jwk.h"
#include "json/parse.h"
#include "pac/info.h"
#include "pki/key_credential.h"
#include "signin/key_attestation.h"
#include "signin/passkeys.h"
#include "signin/registration.h"
#include "signin/tokens.h"

namespace ferryman::signin {
namespace {

constexpr std::size_t max_depth = 4;

auto bad_request(std::string_view text) {
  return refuse({400, "invalid_request", entra::bad_request, text, text});
}

struct WantedKey {
  pki::PublicKey key;
  bool is_attested = false;
};
Step<WantedKey> wanted_key(const Realm& realm, const Access& access, const local::HttpRequest& request) {
  const auto body = json::parse_object(as_text(request.body), max_depth);
  const std::string* text = body ? json::text_member(*body, "kngc") : nullptr;
  if (text == nullptr) return bad_request("The body is no JSON object with a kngc.");
  auto key = jose::key_of_text(*text);
  if (!key) return bad_request("kngc is no public key: RSA of 2048 bits or more, or P-256.");
  const nlohmann::json* attestation = json::member(*body, "attestation", nlohmann::json::value_t::object);
  if (attestation != nullptr) {
    const auto verified = verify_attestation(realm, access, *attestation, *key);
    if (!verified) return tl::unexpected(verified.error());
  } else if (!realm.settings.allow_software_keys) {
    return refuse({403, "access_denied", entra::bad_request,
                   "Only keys that a TPM attests are registered here.", "key without attestation"});
  }
  return WantedKey{*std::move(key), attestation != nullptr};
}

Answer not_added(const directory::Failure& failure) {
  switch (failure.reason) {
    case directory::Reason::already_exists:
      return refusal({409, "invalid_request", entra::bad_request,
                      "The key is registered already, for another user or device.", "key of another"});
    case directory::Reason::invalid:
      return refusal({400, "invalid_request", entra::bad_request,
                      "The user has registered too many keys; remove one first.", "too many keys"});
    case directory::Reason::not_found:
      return refusal({401, "invalid_token", entra::bad_device, "The device or the user is gone.",
                      "device or user removed"});
    default:
      return unavailable(failure);
  }
}

// Of who may register a key.
Step<Access> access_for_keys(const Realm& realm, const local::HttpRequest& request) {
  auto access = verify_access(realm, request);
  if (access && (!access->shown_now || !access->device))
    return refuse({403, "access_denied", entra::needs_gesture,
                   "To register a key takes a new sign-in, on a device that has joined.",
                   access->device ? "no new gesture" : "no device"});
  return access;
}

Answer about(const Access& access, Answer answer) {
  answer.user = access.user.account.name;
  answer.tenant = access.tenant.settings.name;
  return answer;
}

}  // namespace

Answer register_key(const Realm& realm, const local::HttpRequest& request) {
  const auto access = access_for_keys(realm, request);
  if (!access) return access.error();
  const auto wanted = wanted_key(realm, *access, request);
  if (!wanted) return about(*access, wanted.error());
  pki::KeyCredential credential;
  credential.material = pki::key_material(wanted->key);
  if (wanted->is_attested) credential.custom_information = pki::custom_information_of_attested_key();
  credential.device = *access->device;
  credential.created = pac::file_time(realm.now());
  directory::KeyCredential row;
  row.id = credential.id();
  row.user = access->user.account.id;
  row.device = *access->device;
  row.blob = pki::key_credential_blob(credential);
  row.created = realm.now();
  if (const auto added = realm.records.add_key(access->tenant.id, row); !added)
    return not_added(added.error());
  // One that was there already is as it was.
  const auto kept = realm.records.key(access->tenant.id, row.id);
  if (!kept) return not_added(kept.error());
  return about(*access, json_answer(nlohmann::json{{"kid", base64_of(row.id)},
                                                   {"upn", upn_of(access->tenant, access->user.account)},
                                                   {"attested", is_attested(*kept)}}
                                        .dump()));
}

Answer attestation_challenge(const Realm& realm, const local::HttpRequest& request) {
  const auto access = access_for_keys(realm, request);
  return access ? about(*access, challenge_attester(realm, *access, request)) : access.error();
}

Answer passkey_options(const Realm& realm, const local::HttpRequest& request) {
  const auto access = access_for_keys(realm, request);
  if (!access) return access.error();
  const auto options = passkey_creation_options(realm, access->tenant, access->user.account);
  if (!options) return about(*access, options.error());
  return about(*access, json_answer(nlohmann::json{{"publicKey", *options}}.dump()));
}

Answer register_passkey(const Realm& realm, const local::HttpRequest& request) {
  const auto access = access_for_keys(realm, request);
  if (!access) return access.error();
  const auto body = json::parse_object(as_text(request.body), max_depth);
  if (!body) return about(*access, bad_request("The body is no JSON object.").value());
  const auto key =
      register_passkey(realm, access->tenant, access->user.account, *body, as_text(request.body));
  if (!key) return about(*access, key.error());
  return about(*access, json_answer(nlohmann::json{{"id", base64url_of(key->id)},
                                                   {"upn", upn_of(access->tenant, access->user.account)}}
                                        .dump()));
}

}  // namespace ferryman::signin
