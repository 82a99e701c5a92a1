#include "jose/jws.h"

#include <array>
#include <stdexcept>
#include <utility>

#include "base/base64.h"
#include "base/secret.h"
#include "crypto/openssl.h"
#include "jose/ecdsa.h"
#include "jose/parts.h"
#include "pki/certificate.h"

namespace ferryman::jose {
namespace {

using json::Json;

constexpr std::string_view hs256 = "HS256";
constexpr std::size_t min_secret = 32;  // RFC 7518 3.2

constexpr std::string_view algorithm_of(pki::KeyType type) {
  return type == pki::KeyType::rsa ? "RS256" : "ES256";
}

// A certificate in `x5c` is base64, not base64url (RFC 7515 4.1.6).
bool add_certificate(std::vector<Octets>& certificates, const Json& value) {
  if (!value.is_string() || certificates.size() == max_certificates) return false;
  auto der = octets_of_base64(value.get_ref<const std::string&>());
  if (!der || der->empty() || der->size() > pki::Certificate::max_size) return false;
  certificates.push_back(*std::move(der));
  return true;
}

bool read_certificates(JwsHeader& header, const Json& members) {
  const auto found = members.find("x5c");
  if (found == members.end()) return true;
  if (!found->is_array()) return add_certificate(header.certificates, *found);
  for (const Json& each : *found) {
    if (!add_certificate(header.certificates, each)) return false;
  }
  return !found->empty();
}

bool read_context(JwsHeader& header, const Json& members) {
  const auto found = members.find("ctx");
  if (found == members.end()) return true;
  if (!found->is_string()) return false;
  auto context = octets_of_base64(found->get_ref<const std::string&>());
  if (!context || context->size() < min_context || context->size() > max_context) return false;
  header.context = *std::move(context);
  return true;
}

bool read_kdf_version(JwsHeader& header, const Json& members) {
  const auto found = members.find("kdf_ver");
  if (found == members.end()) return true;
  if (!found->is_number_integer()) return false;
  if (*found != 1 && *found != 2) return false;
  header.kdf_version = *found == 2 ? KdfVersion::v2 : KdfVersion::v1;
  return true;
}

// False where it is there and no text.
bool read_text(std::string& out, const Json& members, const char* name) {
  const auto found = members.find(name);
  if (found == members.end()) return true;
  if (!found->is_string()) return false;
  out = found->get<std::string>();
  return true;
}

Outcome<JwsHeader> read_header(const Json& members) {
  if (members.contains("crit")) return tl::unexpected(Fault::critical);
  JwsHeader header;
  std::string key_id;
  if (!read_text(header.algorithm, members, "alg") || header.algorithm.empty() ||
      !read_text(key_id, members, "kid") || !read_text(header.use, members, "use") ||
      !read_certificates(header, members) || !read_context(header, members) ||
      !read_kdf_version(header, members))
    return tl::unexpected(Fault::header);
  if (members.contains("kid")) header.key_id = std::move(key_id);
  return header;
}

std::array<std::uint8_t, 32> hmac_of(Bytes secret, std::string_view text) {
  if (secret.size() < min_secret) throw std::invalid_argument("a secret that is too short for HS256");
  std::array<std::uint8_t, 32> mac{};
  crypto::openssl::hmac(crypto::openssl::Digest::sha256, secret, {as_bytes(text)}, mac);
  return mac;
}

std::string encode(std::string_view algorithm, Json header, std::string_view payload) {
  header["alg"] = algorithm;
  header["typ"] = "JWT";
  return base64url_of(as_bytes(header.dump())) + "." + base64url_of(as_bytes(payload));
}

}  // namespace

Outcome<Jws> parse_jws(std::string_view text) {
  if (text.size() > max_jws) return tl::unexpected(Fault::too_large);
  const auto parts = split_compact<3>(text);
  if (!parts) return tl::unexpected(Fault::malformed);
  const auto& [header, payload, signature] = *parts;
  const auto members = json_of_part(header);
  auto claims = octets_of_base64url(payload);
  auto signed_by = octets_of_base64url(signature);
  if (!members || !claims || !signed_by) return tl::unexpected(Fault::malformed);
  auto read = read_header(*members);
  if (!read) return tl::unexpected(read.error());
  Jws jws{*std::move(read),
          std::string(as_text(*claims)),
          {},
          std::string(text.substr(0, text.rfind('.'))),
          *std::move(signed_by)};
  auto object = json::parse_object(jws.payload, max_json_depth);
  if (!object) return tl::unexpected(Fault::malformed);
  jws.claims = *std::move(object);
  return jws;
}

Outcome<void> verify(const Jws& jws, const pki::PublicKey& key) {
  if (jws.header.algorithm != algorithm_of(key.type())) return tl::unexpected(Fault::algorithm);
  const Octets* signature = &jws.signature;
  std::optional<Octets> der;
  if (key.type() == pki::KeyType::p256) {
    der = ecdsa_der_of_raw(jws.signature);
    if (!der) return tl::unexpected(Fault::signature);
    signature = &*der;
  }
  if (!pki::verify(key, as_bytes(jws.signed_text), *signature)) return tl::unexpected(Fault::signature);
  return {};
}

Outcome<void> verify(const Jws& jws, Bytes secret) {
  const auto mac = hmac_of(secret, jws.signed_text);
  if (jws.header.algorithm != hs256) return tl::unexpected(Fault::algorithm);
  if (!equal_in_constant_time(mac, jws.signature)) return tl::unexpected(Fault::signature);
  return {};
}

std::string sign(const pki::PrivateKey& key, Json header, std::string_view payload) {
  std::string text = text_to_sign(key.public_key().type(), std::move(header), payload);
  const Octets signature = pki::sign(key, as_bytes(text));
  if (key.public_key().type() == pki::KeyType::rsa) return with_signature(std::move(text), signature);
  return with_signature(std::move(text), ecdsa_raw_of_der(signature));
}

std::string sign(Bytes secret, Json header, std::string_view payload) {
  std::string text = encode(hs256, std::move(header), payload);
  const auto mac = hmac_of(secret, text);
  return with_signature(std::move(text), mac);
}

std::string text_to_sign(pki::KeyType type, Json header, std::string_view payload) {
  return encode(algorithm_of(type), std::move(header), payload);
}

std::string with_signature(std::string signed_text, Bytes signature) {
  signed_text += '.';
  signed_text += base64url_of(signature);
  return signed_text;
}

}  // namespace ferryman::jose
