#include "login/registration_client.h"

#include <fmt/format.h>

#include <utility>

#include "base/base64.h"
#include "jose/jwk.h"
#include "json/parse.h"
#include "login/refusal.h"
#include "pki/bcrypt_blob.h"

namespace ferryman::login {
namespace {

using json::Json;

// The versions that Entra's clients ask for.
constexpr std::string_view discover_query = "api-version=1.9&managed=True";
constexpr int not_found = 404;

// Below the endpoint for other keys.
std::string passkey_url(const std::string& key_url) {
  std::string url = key_url.substr(0, key_url.find('?'));
  if (!url.ends_with('/')) url += '/';
  return url + "fido2";
}

}  // namespace

Outcome<RegistrationClient> RegistrationClient::discover(HttpsClient& https, const std::string& url,
                                                         const std::string& tenant_id) {
  const auto answer = https.ask({.url = fmt::format("{}/{}/Discover?{}", url, tenant_id, discover_query)});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200)
    return tl::unexpected(refusal_of(*answer, fmt::format("{} was asked where devices join", url)));
  auto registration = parse_discovery(answer->body.bytes());
  if (!registration) return tl::unexpected(registration.error());
  return RegistrationClient(https, std::move(*registration));
}

Outcome<Secret> RegistrationClient::post(const std::string& url, std::string_view access_token,
                                         const std::string& body, std::string_view asked) {
  auto answer = https_->ask({.method = HttpsRequest::Method::post,
                             .url = url,
                             .media_type = "application/json",
                             .body = as_bytes(body),
                             .bearer = access_token});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200) return tl::unexpected(refusal_of(*answer, asked));
  return std::move(answer->body);
}

Outcome<JoinAnswer> RegistrationClient::join(std::string_view access_token, const NewDevice& device) {
  const Json body{
      {"CertificateRequest", {{"Type", "pkcs10"}, {"Data", base64_of(device.certificate_request)}}},
      {"TransportKey", base64_of(pki::bcrypt_blob(device.transport_key))},
      {"DeviceDisplayName", device.name},
      {"DeviceType", "Linux"},
      {"JoinType", 0},
      {"OSVersion", device.system},
      {"TargetDomain", device.domain},
      {"Attributes", {{"ReuseDevice", "true"}, {"ReturnClientSid", "true"}}}};
  const auto answered =
      post(registration_.join.url, access_token, body.dump(), "the server does not let this device join");
  if (!answered) return tl::unexpected(answered.error());
  auto answer = parse_join_answer(answered->bytes());
  if (answer && !(answer->certificate.key() == device.key))
    return fail(Fault::refused, "the server's certificate is for another key than this device's");
  return answer;
}

Outcome<Secret> RegistrationClient::attestation_challenge(std::string_view access_token,
                                                          const Json& endorsement) {
  return post(registration_.attestation->url, access_token, endorsement.dump(),
              "the server does not believe this TPM");
}

Outcome<void> RegistrationClient::register_key(std::string_view access_token, const pki::PublicKey& key,
                                               const Json& attestation) {
  const std::string text = key.type() == pki::KeyType::rsa ? base64_of(pki::bcrypt_blob(key))
                                                           : base64_of(as_bytes(jose::jwk_of(key).dump()));
  Json body{{"kngc", text}};
  if (!attestation.is_null()) body["attestation"] = attestation;
  const auto answered =
      post(registration_.key.url, access_token, body.dump(), "the server does not register the user's key");
  if (!answered) return tl::unexpected(answered.error());
  return {};
}

Outcome<PasskeyOptions> RegistrationClient::passkey_options(std::string_view access_token) {
  const auto answer = https_->ask({.url = passkey_url(registration_.key.url), .bearer = access_token});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200)
    return tl::unexpected(refusal_of(*answer, "the server does not let the security key be registered"));
  return parse_passkey_options(answer->body.bytes());
}

Outcome<void> RegistrationClient::register_passkey(std::string_view access_token, const Json& registration) {
  const auto answered = post(passkey_url(registration_.key.url), access_token, registration.dump(),
                             "the server does not register the security key");
  if (!answered) return tl::unexpected(answered.error());
  return {};
}

Outcome<void> RegistrationClient::leave(std::string_view access_token, const std::string& device_id) {
  const auto answer = https_->ask({.method = HttpsRequest::Method::remove,
                                   .url = registration_.device_url(device_id),
                                   .bearer = access_token});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == 200 || answer->status == 204 || answer->status == not_found) return {};
  return tl::unexpected(refusal_of(*answer, "the server does not remove this device"));
}

}  // namespace ferryman::login
