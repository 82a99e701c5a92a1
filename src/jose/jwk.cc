#include "jose/jwk.h"

#include <array>
#include <optional>

#include "base/base64.h"
#include "crypto/openssl.h"
#include "pki/bcrypt_blob.h"

namespace ferryman::jose {
namespace {

using json::Json;

constexpr std::size_t max_key_text = 8192, max_jwk_depth = 4;

std::optional<Octets> number_member(const Json& jwk, const char* name) {
  const std::string* text = json::text_member(jwk, name);
  if (text == nullptr) return std::nullopt;
  auto octets = octets_of_base64url(*text);
  return octets ? octets : octets_of_base64(*text);
}

Result<pki::PublicKey> rsa_of(const Json& jwk) {
  const auto modulus = number_member(jwk, "n"), exponent = number_member(jwk, "e");
  if (!modulus || !exponent) return tl::unexpected(Error{ferryman::Fault::missing_field});
  return pki::PublicKey::rsa(*modulus, *exponent);
}

Result<pki::PublicKey> p256_of(const Json& jwk) {
  const std::string* curve = json::text_member(jwk, "crv");
  if (curve == nullptr || *curve != "P-256") return tl::unexpected(Error{ferryman::Fault::unsupported});
  const auto x = number_member(jwk, "x"), y = number_member(jwk, "y");
  if (!x || !y) return tl::unexpected(Error{ferryman::Fault::missing_field});
  return pki::PublicKey::p256(*x, *y);
}

Result<pki::PublicKey> key_of_octets(Bytes octets) {
  if (pki::is_bcrypt_blob(octets)) return pki::parse_bcrypt_blob(octets);
  return pki::PublicKey::of_der(octets);
}

Outcome<pki::PublicKey> outcome_of(Result<pki::PublicKey> key) {
  if (!key) return tl::unexpected(Fault::key);
  return *std::move(key);
}

}  // namespace

Outcome<pki::PublicKey> key_of_jwk(const Json& jwk) {
  const std::string* type = json::text_member(jwk, "kty");
  if (type == nullptr || jwk.contains("d")) return tl::unexpected(Fault::key);
  if (*type == "RSA") return outcome_of(rsa_of(jwk));
  if (*type == "EC") return outcome_of(p256_of(jwk));
  return tl::unexpected(Fault::key);
}

Json jwk_of(const pki::PublicKey& key) {
  if (key.type() == pki::KeyType::rsa)
    return {{"kty", "RSA"}, {"n", base64url_of(key.modulus())}, {"e", base64url_of(key.exponent())}};
  return {{"kty", "EC"}, {"crv", "P-256"}, {"x", base64url_of(key.x())}, {"y", base64url_of(key.y())}};
}

std::string thumbprint(const pki::PublicKey& key) {
  // dump() has no blanks and its members in the order of their names, as RFC 7638 3.3 has them.
  const std::string text = jwk_of(key).dump();
  std::array<std::uint8_t, 32> hash{};
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {as_bytes(text)}, hash);
  return base64url_of(hash);
}

std::string jwk_set(std::span<const pki::PublicKey> keys) {
  Json list = Json::array();
  for (const pki::PublicKey& key : keys) {
    Json jwk = jwk_of(key);
    jwk["alg"] = key.type() == pki::KeyType::rsa ? "RS256" : "ES256";
    jwk["use"] = "sig";
    jwk["kid"] = thumbprint(key);
    list.push_back(std::move(jwk));
  }
  return Json{{"keys", std::move(list)}}.dump();
}

Outcome<pki::PublicKey> key_of_text(std::string_view base64) {
  if (base64.size() > max_key_text) return tl::unexpected(Fault::too_large);
  const auto octets = octets_of_base64(base64);
  if (!octets) return tl::unexpected(Fault::key);
  if (!as_text(*octets).starts_with('{')) return outcome_of(key_of_octets(*octets));
  const auto jwk = json::parse_object(as_text(*octets), max_jwk_depth);
  if (!jwk) return tl::unexpected(Fault::key);
  return key_of_jwk(*jwk);
}

}  // namespace ferryman::jose
