#include "login/key_attestation.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "crypto/openssl.h"
#include "login/signed_claims.h"

namespace ferryman::login {
namespace {

using json::Json;

constexpr std::size_t max_depth = 1, sha256_size = 32;

struct Challenge {
  std::string text;
  keys::AttestationChallenge for_tpm;
};

Outcome<Challenge> parse_challenge(Bytes answer) {
  const auto body = json::parse_object(as_text(answer), max_depth);
  const auto text = [&](const char* name) { return body ? json::text_member(*body, name) : nullptr; };
  const std::string* challenge = text("challenge");
  const auto octets = [&](const char* name) {
    const std::string* member = text(name);
    return member == nullptr ? std::nullopt : octets_of_base64(*member);
  };
  auto credential = octets("credential"), secret = octets("secret");
  if (challenge == nullptr || !credential || !secret)
    return fail(Fault::refused, "the server's answer has no challenge for the TPM");
  Octets qualifying(sha256_size);
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {as_bytes(*challenge)}, qualifying);
  return Challenge{*challenge, {*std::move(credential), *std::move(secret), std::move(qualifying)}};
}

}  // namespace

Outcome<Json> attest_key(keys::Attester& attester, RegistrationClient& registration,
                         std::string_view access_token, Bytes kept, Bytes pin) {
  const auto endorsement = attester.endorsement();
  if (!endorsement) return tl::unexpected(failure_of(endorsement.error()));
  Json certificates = Json::array();
  for (const Octets& each : endorsement->certificates) certificates.push_back(base64_of(each));
  const Json question{{"ek_certificates", certificates}, {"aik", base64_of(endorsement->attestation_key)}};
  const auto answer = registration.attestation_challenge(access_token, question);
  if (!answer) return tl::unexpected(answer.error());
  const auto challenge = parse_challenge(answer->bytes());
  if (!challenge) return tl::unexpected(challenge.error());
  const auto attested = attester.attest(kept, pin, challenge->for_tpm);
  if (!attested) return tl::unexpected(failure_of(attested.error()));
  return Json{{"challenge", challenge->text},
              {"activated", base64_of(attested->activated)},
              {"aik", base64_of(attested->attestation_key)},
              {"public", base64_of(attested->public_area)},
              {"certify_info", base64_of(attested->certify_info)},
              {"signature", base64_of(attested->signature)}};
}

}  // namespace ferryman::login
