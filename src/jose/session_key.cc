#include "jose/session_key.h"

#include <array>

#include "base/endian.h"
#include "crypto/openssl.h"

namespace ferryman::jose {
namespace {

using crypto::openssl::Digest;

constexpr std::string_view label = "AzureAD-SecureConversation";

}  // namespace

// NIST SP 800-108 5.1. The key is as long as the digest, so there is one round.
DerivedKey derive_key(Bytes session_key, std::string_view key_label, Bytes context) {
  constexpr std::array<std::uint8_t, 1> separator{0};
  std::array<std::uint8_t, sizeof(std::uint32_t)> round{}, bits{};
  store_be<std::uint32_t>(round, 1);
  store_be<std::uint32_t>(bits, 8 * sizeof(DerivedKey));
  DerivedKey key;
  crypto::openssl::hmac(Digest::sha256, session_key, {round, as_bytes(key_label), separator, context, bits},
                        key);
  return key;
}

DerivedKey signing_key(Bytes session_key, Bytes context, KdfVersion version, std::string_view payload) {
  if (version == KdfVersion::v1) return derive_key(session_key, label, context);
  std::array<std::uint8_t, 32> hash{};
  crypto::openssl::hash(Digest::sha256, {context, as_bytes(payload)}, hash);
  return derive_key(session_key, label, hash);
}

DerivedKey encryption_key(Bytes session_key, Bytes context) {
  return derive_key(session_key, label, context);
}

}  // namespace ferryman::jose
