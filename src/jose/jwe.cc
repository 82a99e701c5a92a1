#include "jose/jwe.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64.h"
#include "crypto/openssl.h"
#include "jose/aes.h"
#include "jose/jws.h"
#include "jose/parts.h"
#include "jose/session_key.h"
#include "json/parse.h"

namespace ferryman::jose {
namespace {

using json::Json;

constexpr std::string_view direct = "dir", oaep = "RSA-OAEP", a256gcm = "A256GCM";
constexpr std::string_view tag_label = "Ferryman answer tag";
constexpr std::string_view no_content = "{}";

template <std::size_t size>
std::array<std::uint8_t, size> random_octets() {
  std::array<std::uint8_t, size> octets{};
  crypto::openssl::random(octets);
  return octets;
}

std::string header_text(std::string_view algorithm, Json members) {
  members["alg"] = algorithm;
  members["enc"] = a256gcm;
  return base64url_of(as_bytes(members.dump()));
}

std::string compact(std::string_view header, Bytes encrypted_key, Bytes initial_vector, Bytes ciphertext,
                    Bytes tag) {
  std::string text(header);
  for (const Bytes part : {encrypted_key, initial_vector, ciphertext, tag}) {
    text += '.';
    text += base64url_of(part);
  }
  return text;
}

std::array<std::uint8_t, gcm_tag_size> answer_tag(Bytes session_key, Bytes context, std::string_view header,
                                                  Bytes initial_vector, Bytes ciphertext) {
  const DerivedKey key = derive_key(session_key, tag_label, context);
  std::array<std::uint8_t, gcm_tag_size> tag{};
  // The vector has one size, and no header has the ".".
  crypto::openssl::hmac(crypto::openssl::Digest::sha256, key,
                        {as_bytes(header), as_bytes("."), initial_vector, ciphertext}, tag);
  return tag;
}

bool read_octets(Octets& out, std::string_view part) {
  auto octets = octets_of_base64url(part);
  if (!octets) return false;
  out = *std::move(octets);
  return true;
}

bool read_header(Jwe& jwe, const Json& members) {
  const std::string *algorithm = json::text_member(members, "alg"),
                    *encryption = json::text_member(members, "enc");
  if (algorithm == nullptr || encryption == nullptr || members.contains("zip")) return false;
  jwe.algorithm = *algorithm;
  jwe.encryption = *encryption;
  if (!members.contains("ctx")) return true;
  const std::string* text = json::text_member(members, "ctx");
  auto context = text == nullptr ? std::nullopt : octets_of_base64(*text);
  if (!context || context->size() < min_context || context->size() > max_context) return false;
  jwe.context = *std::move(context);
  return true;
}

Outcome<Jwe> parse_direct(std::string_view text) {
  auto jwe = parse_jwe(text);
  if (!jwe) return jwe;
  if (jwe->algorithm != direct || jwe->encryption != a256gcm || !jwe->encrypted_key.empty())
    return tl::unexpected(Fault::algorithm);
  return jwe;
}

}  // namespace

Outcome<Jwe> parse_jwe(std::string_view text) {
  if (text.size() > max_jwe) return tl::unexpected(Fault::too_large);
  const auto parts = split_compact<5>(text);
  if (!parts) return tl::unexpected(Fault::malformed);
  const auto members = json_of_part(parts->front());
  Jwe jwe;
  jwe.protected_text = parts->front();
  if (!members || !read_octets(jwe.encrypted_key, (*parts)[1]) ||
      !read_octets(jwe.initial_vector, (*parts)[2]) || !read_octets(jwe.ciphertext, (*parts)[3]) ||
      !read_octets(jwe.tag, (*parts)[4]))
    return tl::unexpected(Fault::malformed);
  if (members->contains("crit")) return tl::unexpected(Fault::critical);
  if (!read_header(jwe, *members)) return tl::unexpected(Fault::header);
  return jwe;
}

std::string wrap_session_key(const pki::PublicKey& transport_key, Bytes session_key) {
  const std::string header = header_text(oaep, Json::object());
  const auto nonce = random_octets<gcm_nonce_size>();
  const Authenticated content = encrypt_gcm(session_key, nonce, as_bytes(header), as_bytes(no_content));
  return compact(header, pki::encrypt_oaep(transport_key, session_key), nonce, content.ciphertext,
                 content.tag);
}

Outcome<Octets> wrapped_session_key(std::string_view text) {
  auto jwe = parse_jwe(text);
  if (!jwe) return tl::unexpected(jwe.error());
  if (jwe->algorithm != oaep || jwe->encryption != a256gcm) return tl::unexpected(Fault::algorithm);
  return std::move(jwe->encrypted_key);
}

Outcome<Secret> unwrap_session_key(const pki::PrivateKey& transport_key, std::string_view text) {
  const auto wrapped = wrapped_session_key(text);
  if (!wrapped) return tl::unexpected(wrapped.error());
  auto key = pki::decrypt_oaep(transport_key, *wrapped);
  if (!key || key->size() != session_key_size) return tl::unexpected(Fault::encryption);
  return *std::move(key);
}

std::string encrypt_answer(Bytes session_key, Bytes plain) {
  const auto context = random_octets<context_size>();
  const std::string header = header_text(direct, {{"ctx", base64_of(context)}});
  const auto initial_vector = random_octets<aes_block>();
  const Octets ciphertext = encrypt_cbc(encryption_key(session_key, context), initial_vector, plain);
  const auto tag = answer_tag(session_key, context, header, initial_vector, ciphertext);
  return compact(header, {}, initial_vector, ciphertext, tag);
}

Outcome<Secret> decrypt_answer(Bytes session_key, std::string_view text) {
  const auto jwe = parse_direct(text);
  if (!jwe) return tl::unexpected(jwe.error());
  if (jwe->context.empty()) return tl::unexpected(Fault::header);
  const auto tag =
      answer_tag(session_key, jwe->context, jwe->protected_text, jwe->initial_vector, jwe->ciphertext);
  if (jwe->initial_vector.size() != aes_block || !equal_in_constant_time(tag, jwe->tag))
    return tl::unexpected(Fault::encryption);
  auto plain = decrypt_cbc(encryption_key(session_key, jwe->context), jwe->initial_vector, jwe->ciphertext);
  if (!plain) return tl::unexpected(Fault::encryption);
  return *std::move(plain);
}

std::string seal(Bytes key, std::string_view key_id, Bytes plain) {
  const std::string header = header_text(direct, {{"kid", key_id}});
  const auto nonce = random_octets<gcm_nonce_size>();
  const Authenticated made = encrypt_gcm(key, nonce, as_bytes(header), plain);
  return compact(header, {}, nonce, made.ciphertext, made.tag);
}

Outcome<Secret> unseal(Bytes key, std::string_view text) {
  const auto jwe = parse_direct(text);
  if (!jwe) return tl::unexpected(jwe.error());
  auto plain =
      decrypt_gcm(key, jwe->initial_vector, as_bytes(jwe->protected_text), jwe->ciphertext, jwe->tag);
  if (!plain) return tl::unexpected(Fault::encryption);
  return *std::move(plain);
}

}  // namespace ferryman::jose
