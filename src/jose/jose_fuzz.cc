#include <cstdlib>

#include "base/base64.h"
#include "jose/claims.h"
#include "jose/jwe.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/rfc_samples.h"

namespace {

using namespace ferryman;

constexpr std::int64_t now = 1'800'000'000;
const Octets secret(32, 1);

const pki::PublicKey& key() {
  static const pki::PublicKey kept = *jose::key_of_jwk(
      {{"kty", "EC"}, {"crv", "P-256"}, {"x", jose::rfc::es256_x}, {"y", jose::rfc::es256_y}});
  return kept;
}

void must(bool holds) {
  if (!holds) std::abort();
}

// A token that is signed anew with the same claims says the same.
void try_jws(std::string_view text) {
  const auto jws = jose::parse_jws(text);
  if (!jws) return;
  must(jws->signed_text.size() + 1 + base64url_of(jws->signature).size() == text.size());
  const bool is_known = text == jose::rfc::es256;
  must(jose::verify(*jws, key()).has_value() == is_known);
  must(!jose::verify(*jws, secret));
  (void)jose::check_times(jws->claims, now);
  const std::string signed_again = jose::sign(secret, json::Json::object(), jws->payload);
  const auto again = jose::parse_jws(signed_again);
  if (!again) {
    must(signed_again.size() > jose::max_jws);
    return;
  }
  must(again->claims == jws->claims && again->payload == jws->payload &&
       jose::verify(*again, secret).has_value());
}

void try_jwe(std::string_view text) {
  if (const auto jwe = jose::parse_jwe(text)) must(text.starts_with(jwe->protected_text));
  must(!jose::decrypt_answer(secret, text));
  must(!jose::unseal(secret, text));
  (void)jose::wrapped_session_key(text);
}

// What is taken for a key is written as a JWK that is the same key, with the same thumbprint.
void try_key(std::string_view text) {
  const auto read = jose::key_of_text(text);
  if (!read) return;
  const auto again = jose::key_of_jwk(jose::jwk_of(*read));
  must(again && *again == *read && jose::thumbprint(*again) == jose::thumbprint(*read));
}

}  // namespace

// One of JWS, JWE or a key in base64; or the octets of a key themselves.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  try_jws(text);
  try_jwe(text);
  try_key(text);
  try_key(base64_of({data, size}));
  return 0;
}
