#include "webauthn/ceremony.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "webauthn/authenticator_data.h"
#include "webauthn/client_data.h"

namespace ferryman::webauthn {
namespace {

constexpr std::string_view creation = "webauthn.create", request = "webauthn.get";

using Hash = std::array<std::uint8_t, SHA256_DIGEST_LENGTH>;

Hash hash_of(Bytes octets) {
  Hash hash{};
  ::SHA256(octets.data(), octets.size(), hash.data());
  return hash;
}

// Its challenge.
Outcome<std::string> check_client_data(const RelyingParty& rp, Bytes octets, std::string_view type,
                                       const IsChallenge& is_challenge) {
  if (octets.size() > max_client_data) return fail(Fault::malformed);
  auto data = ClientData::parse(octets);
  if (!data) return fail(data.error());
  if (data->type != type) return fail(Fault::wrong_type);
  // Nobody binds tokens to the gateway's TLS.
  if (data->cross_origin || data->token_binding || std::ranges::count(rp.origins, data->origin) == 0)
    return fail(Fault::wrong_origin);
  if (!is_challenge(data->challenge)) return fail(Fault::wrong_challenge);
  return std::move(data->challenge);
}

Outcome<void> check_authenticator_data(const RelyingParty& rp, const AuthenticatorData& data) {
  if (!std::ranges::equal(data.rp_id_hash, hash_of(as_bytes(rp.id)))) return fail(Fault::wrong_rp);
  if (!data.user_present) return fail(Fault::no_user_present);
  if (!data.user_verified) return fail(Fault::no_user_verified);
  return {};
}

}  // namespace

Outcome<Registered> verify_registration(const RelyingParty& rp, const Registration& registration,
                                        const IsChallenge& is_challenge, const pki::AttestationRoots* needed,
                                        std::int64_t now) {
  auto challenge = check_client_data(rp, registration.client_data, creation, is_challenge);
  if (!challenge) return fail(challenge.error());
  if (registration.attestation_object.size() > max_attestation_object) return fail(Fault::malformed);
  const auto object = AttestationObject::parse(registration.attestation_object);
  if (!object) return fail(object.error());
  const auto data = AuthenticatorData::parse(object->authenticator_data);
  if (!data) return fail(data.error());
  if (const auto good = check_authenticator_data(rp, *data); !good) return fail(good.error());
  if (!data->credential) return fail(Fault::no_credential);
  const auto key = CoseKey::parse(data->credential->public_key);
  if (!key) return fail(key.error());
  const auto attested =
      verify_statement(*object, *data, *key, hash_of(registration.client_data), needed, now);
  if (!attested) return fail(attested.error());
  if (needed != nullptr && *attested != Attested::by_maker) return fail(Fault::attestation_missing);
  return Registered{Octets(data->credential->id.begin(), data->credential->id.end()),
                    data->credential->aaguid, data->sign_count, *attested, std::move(*challenge)};
}

Outcome<Credential> Credential::parse(Bytes attestation_object) {
  const auto object = AttestationObject::parse(attestation_object);
  if (!object) return fail(object.error());
  const auto data = AuthenticatorData::parse(object->authenticator_data);
  if (!data) return fail(data.error());
  if (!data->credential) return fail(Fault::no_credential);
  auto key = CoseKey::parse(data->credential->public_key);
  if (!key) return fail(key.error());
  return Credential{Octets(data->credential->id.begin(), data->credential->id.end()), std::move(*key)};
}

Outcome<Asserted> verify_assertion(const RelyingParty& rp, const Credential& credential,
                                   const Assertion& assertion, const IsChallenge& is_challenge) {
  if (!std::ranges::equal(assertion.credential_id, credential.id)) return fail(Fault::wrong_credential);
  auto challenge = check_client_data(rp, assertion.client_data, request, is_challenge);
  if (!challenge) return fail(challenge.error());
  if (assertion.authenticator_data.size() > max_authenticator_data ||
      assertion.signature.size() > max_signature)
    return fail(Fault::malformed);
  const auto data = AuthenticatorData::parse(assertion.authenticator_data);
  if (!data) return fail(data.error());
  if (const auto good = check_authenticator_data(rp, *data); !good) return fail(good.error());
  Octets message(assertion.authenticator_data.begin(), assertion.authenticator_data.end());
  const Hash hash = hash_of(assertion.client_data);
  message.insert(message.end(), hash.begin(), hash.end());
  if (!credential.key.verify(message, assertion.signature)) return fail(Fault::signature);
  return Asserted{data->sign_count, std::move(*challenge)};
}

}  // namespace ferryman::webauthn
