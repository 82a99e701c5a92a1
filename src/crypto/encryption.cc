#include "crypto/encryption.h"

#include <algorithm>
#include <array>

#include "crypto/libkrb5.h"

namespace ferryman::crypto {
namespace {

using openssl::aes_block;
constexpr std::size_t confounder = aes_block;
using Hmac = SecretArray<openssl::max_digest_size>;

// Random octets for many confounders, by one call: to ask libcrypto takes several times as long as to encrypt
// some blocks. They are of one thread, each is used once, and to know one that was used tells nothing of
// others.
void write_confounder(std::span<std::uint8_t> out) {
  constexpr std::size_t kept = 32;
  thread_local std::array<std::uint8_t, kept * confounder> octets;
  thread_local std::size_t used = octets.size();
  if (used == octets.size()) {
    openssl::random(octets);
    used = 0;
  }
  std::copy_n(octets.begin() + static_cast<std::ptrdiff_t>(used), confounder, out.begin());
  used += confounder;
}

// The HMAC of RFC 3961 5.3, over confounder and text; of RFC 8009 5, over cipher state and ciphertext.
Hmac integrity(const Key& key, std::int32_t usage, Bytes covered) {
  constexpr std::array<std::uint8_t, aes_block> initial_state{};
  const Etype& etype = key.type();
  const DerivedKey derived = key.derived(usage, Purpose::integrity);
  const Bytes ki = Bytes(derived).first(etype.integrity_key_size);
  const bool over_cipher = etype.construction == Construction::aes_sha2;
  Hmac hmac;
  openssl::hmac(etype.digest, ki, {over_cipher ? Bytes(initial_state) : Bytes(), covered}, hmac);
  return hmac;
}

}  // namespace

Octets encrypt(const Key& key, std::int32_t usage, Bytes plain) {
  const Etype& etype = key.type();
  if (etype.construction == Construction::libkrb5) return libkrb5::encrypt(etype, key.octets(), usage, plain);
  const std::size_t size = confounder + plain.size();
  Octets cipher(size + etype.checksum_size);
  const auto text = std::span(cipher).first(size);
  write_confounder(text.first(confounder));
  std::copy(plain.begin(), plain.end(), text.begin() + confounder);

  const DerivedKey derived = key.derived(usage, Purpose::encryption);
  const Bytes ke = Bytes(derived).first(etype.key_size);
  const bool over_cipher = etype.construction == Construction::aes_sha2;
  if (over_cipher) openssl::encrypt_cts(ke, text, text);
  const Hmac hmac = integrity(key, usage, text);
  if (!over_cipher) openssl::encrypt_cts(ke, text, text);
  std::copy_n(hmac.begin(), etype.checksum_size, cipher.begin() + static_cast<std::ptrdiff_t>(size));
  return cipher;
}

Result<Secret> decrypt(const Key& key, std::int32_t usage, Bytes cipher) {
  const Etype& etype = key.type();
  if (etype.construction == Construction::libkrb5) {
    auto plain = libkrb5::decrypt(etype, key.octets(), usage, cipher);
    if (!plain) return tl::unexpected(Error{Fault::bad_integrity});
    return std::move(*plain);
  }
  if (cipher.size() < confounder + etype.checksum_size) return tl::unexpected(Error{Fault::truncated});
  const Bytes text = cipher.first(cipher.size() - etype.checksum_size), given = cipher.subspan(text.size());
  const DerivedKey derived = key.derived(usage, Purpose::encryption);
  Secret plain(text.size());
  openssl::decrypt_cts(Bytes(derived).first(etype.key_size), text, plain.writable());
  const bool over_cipher = etype.construction == Construction::aes_sha2;
  const Hmac hmac = integrity(key, usage, over_cipher ? text : plain.bytes());
  if (!equal_in_constant_time(given, Bytes(hmac).first(etype.checksum_size)))
    return tl::unexpected(Error{Fault::bad_integrity});
  const auto octets = plain.writable();
  std::copy(octets.begin() + confounder, octets.end(), octets.begin());
  plain.shrink(plain.size() - confounder);
  return plain;
}

}  // namespace ferryman::crypto
