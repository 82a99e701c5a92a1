#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "jose/fault.h"
#include "jose/session_key.h"
#include "json/parse.h"
#include "pki/private_key.h"
#include "pki/public_key.h"

// JWTs: signed claims (RFC 7515 3.1, RFC 7519 3), in the compact form and no other. The algorithm goes by the
// key, never by the header, which must agree: RS256 for RSA, ES256 for P-256, HS256 for a secret. There is no
// `none`, no key is taken from a header, and extensions that a header asks for (`crit`) are refused.
namespace ferryman::jose {

inline constexpr std::size_t max_jws = 32768;  // characters
inline constexpr std::size_t max_json_depth = 8, max_certificates = 4;
inline constexpr std::size_t min_context = 16, max_context = 64;  // octets

// What a header says that is looked at here; other members are passed over.
struct JwsHeader {
  std::string algorithm{};                  // `alg`
  std::optional<std::string> key_id{};      // `kid`
  std::string use{};                        // "ngc": by a user's key; empty: none
  std::vector<Octets> certificates{};       // `x5c`, in DER, unread: a list, or one alone as a text
  Octets context{};                         // `ctx`; empty: none
  KdfVersion kdf_version = KdfVersion::v1;  // `kdf_ver`
};

// Parsed, and so far nobody's: nothing in it is true before verify() said so of the key that header and
// claims lead to.
struct Jws {
  JwsHeader header{};
  std::string payload{};      // the claims' text, as it was signed
  json::Json claims{};        // an object
  std::string signed_text{};  // what the signature is of
  Octets signature{};
};

// Faults: too_large, malformed, critical, header.
Outcome<Jws> parse_jws(std::string_view text);

// Faults: algorithm, signature. A secret of fewer than 32 octets is no key: throws std::invalid_argument.
Outcome<void> verify(const Jws& jws, const pki::PublicKey& key);
Outcome<void> verify(const Jws& jws, Bytes secret);

// Signed claims. header: what stands there besides `alg` and `typ`; payload: the claims' text.
std::string sign(const pki::PrivateKey& key, json::Json header, std::string_view payload);
std::string sign(Bytes secret, json::Json header, std::string_view payload);
// The same in two steps, for keys that are not in memory. The signature of RS256 is that of PKCS#1, that of
// ES256 two numbers of 32 octets.
std::string text_to_sign(pki::KeyType type, json::Json header, std::string_view payload);
std::string with_signature(std::string signed_text, Bytes signature);

}  // namespace ferryman::jose
