#include "signin/key_attestation.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "attestation/certified_key.h"
#include "attestation/endorsement.h"
#include "base/base64.h"
#include "crypto/openssl.h"
#include "pki/key_credential.h"
#include "signin/sealed.h"

namespace ferryman::signin {
namespace {

using json::Json;

constexpr std::size_t max_depth = 3, sha256_size = 32;
constexpr std::string_view sealed_type = "attestation";

auto bad_attestation(std::string_view reason) {
  return refuse({400, "invalid_request", entra::bad_request,
                 "What the TPM says of the key is not good: see the server's log for the reason.", reason});
}

Octets octets_of(const Json& object, const char* name) {
  const std::string* text = json::text_member(object, name);
  auto octets = text == nullptr ? std::nullopt : octets_of_base64(*text);
  return octets ? *std::move(octets) : Octets();
}

std::vector<Octets> certificates_of(const Json& body) {
  std::vector<Octets> certificates;
  const Json* list = json::member(body, "ek_certificates", Json::value_t::array);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const std::string* text = (*list)[i].get_ptr<const std::string*>();
    auto octets = text == nullptr ? std::nullopt : octets_of_base64(*text);
    if (!octets) return {};
    certificates.push_back(*std::move(octets));
  }
  return certificates;
}

// What was hidden for a TPM, and for which key in it.
struct Challenge {
  Octets attester_name, hidden;
};

Step<Challenge> open_challenge(const Realm& realm, const Access& access, std::string_view text) {
  const auto sealed = open_sealed(realm, access.tenant.settings.name, text, sealed_type);
  if (!sealed && sealed.error().response.status == 503) return tl::unexpected(sealed.error());
  if (!sealed) return bad_attestation("TPM: challenge of another service");
  const Json* issued = json::member(sealed->content, "iat", Json::value_t::number_unsigned);
  const std::string* user = json::text_member(sealed->content, "oid");
  if (issued == nullptr || user == nullptr || *user != access.user.account.id.text())
    return bad_attestation("TPM: challenge of another user");
  const auto lifetime = std::chrono::ceil<std::chrono::seconds>(realm.settings.nonce_lifetime).count();
  if (issued->get<std::int64_t>() + lifetime <= realm.now()) return bad_attestation("TPM: challenge expired");
  return Challenge{octets_of(sealed->content, "aik"), octets_of(sealed->content, "hidden")};
}

}  // namespace

Answer challenge_attester(const Realm& realm, const Access& access, const local::HttpRequest& request) {
  const pki::AttestationRoots* roots = realm.settings.attestation_roots.get();
  if (roots == nullptr)
    return refusal({404, "invalid_request", entra::bad_request, "Keys are not attested here.",
                    "no attestation_roots in realm.toml"});
  const auto body = json::parse_object(as_text(request.body), max_depth);
  if (!body) return bad_attestation("no JSON object").value();
  const std::vector<Octets> certificates = certificates_of(*body);
  const std::vector<Bytes> views(certificates.begin(), certificates.end());
  const auto endorsement = attestation::endorsement_key(views, *roots, realm.now());
  if (!endorsement) return bad_attestation(name(endorsement.error())).value();
  const auto attester = attestation::parse_attester(octets_of(*body, "aik"));
  if (!attester) return bad_attestation(name(attester.error())).value();
  const auto keys = keys_of(realm, access.tenant);
  if (!keys) return keys.error();
  SecretArray<attestation::max_credential> hidden;
  crypto::openssl::random(hidden);
  const auto credential = attestation::make_credential(*endorsement, attester->name, hidden);
  const std::string challenge = seal(**keys, access.tenant, sealed_type,
                                     {{"iat", realm.now()},
                                      {"oid", access.user.account.id.text()},
                                      {"aik", base64_of(attester->name)},
                                      {"hidden", base64_of(hidden)}});
  return json_answer(Json{{"challenge", challenge},
                          {"credential", base64_of(credential.blob)},
                          {"secret", base64_of(credential.secret)}}
                         .dump());
}

Step<void> verify_attestation(const Realm& realm, const Access& access, const Json& attestation,
                              const pki::PublicKey& key) {
  const std::string* text = json::text_member(attestation, "challenge");
  if (text == nullptr) return bad_attestation("TPM: no challenge");
  const auto challenge = open_challenge(realm, access, *text);
  if (!challenge) return tl::unexpected(challenge.error());
  if (!equal_in_constant_time(octets_of(attestation, "activated"), challenge->hidden))
    return bad_attestation("TPM: not the one that is endorsed");
  const auto attester = attestation::parse_attester(octets_of(attestation, "aik"));
  if (!attester) return bad_attestation(name(attester.error()));
  if (attester->name != challenge->attester_name) return bad_attestation("TPM: another attestation key");
  std::array<std::uint8_t, sha256_size> qualifying{};
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {as_bytes(*text)}, qualifying);
  const Octets area = octets_of(attestation, "public"), info = octets_of(attestation, "certify_info"),
               signature = octets_of(attestation, "signature");
  const auto verified = attestation::verify_certified({area, info, signature}, *attester, qualifying, key);
  if (!verified) return bad_attestation(name(verified.error()));
  return {};
}

bool is_attested(const directory::KeyCredential& key) {
  if (key.kind == directory::KeyKind::fido) return false;
  const auto credential = pki::parse_key_credential(key.blob);
  return credential && pki::is_attested(*credential);
}

}  // namespace ferryman::signin
