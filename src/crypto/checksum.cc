#include "crypto/checksum.h"

#include <array>

#include "base/endian.h"
#include "base/secret.h"
#include "crypto/libkrb5.h"

namespace ferryman::crypto {
namespace {

using openssl::Digest;

constexpr std::size_t md5_size = 16;

// RFC 4757 3 with its erratum: these two usages have other numbers, 9 has not.
std::uint32_t rc4_usage(std::int32_t usage) {
  constexpr std::int32_t as_rep = 3, gss_sign = 23;
  switch (usage) {
    case as_rep:
      return 8;
    case gss_sign:
      return 13;
    default:
      return static_cast<std::uint32_t>(usage);
  }
}

}  // namespace

Octets make_hmac_md5(const Key& key, std::int32_t usage, Bytes data) {
  static constexpr char label[] = "signaturekey";  // with its zero
  std::array<std::uint8_t, 4> number{};
  store_le(std::span(number), rc4_usage(usage));
  SecretArray<md5_size> signing_key;
  openssl::hmac(Digest::md5, key.octets(), {as_bytes({label, sizeof(label)})}, signing_key);
  std::array<std::uint8_t, md5_size> digest{};
  openssl::hash(Digest::md5, {number, data}, digest);
  Octets checksum(md5_size);
  openssl::hmac(Digest::md5, signing_key, {digest}, checksum);
  return checksum;
}

Octets make_checksum(const Key& key, std::int32_t usage, Bytes data) {
  const Etype& etype = key.type();
  if (etype.number == etype::rc4_hmac) return make_hmac_md5(key, usage, data);
  if (etype.construction == Construction::libkrb5) return libkrb5::checksum(etype, key.octets(), usage, data);
  const DerivedKey derived = key.derived(usage, Purpose::checksum);
  Octets checksum(etype.checksum_size);
  openssl::hmac(etype.digest, Bytes(derived).first(etype.integrity_key_size), {data}, checksum);
  return checksum;
}

bool verify_checksum(const Key& key, std::int32_t usage, std::int32_t type, Bytes data, Bytes checksum) {
  if (type != key.type().checksum || checksum.size() != key.type().checksum_size) return false;
  return equal_in_constant_time(make_checksum(key, usage, data), checksum);
}

bool verify_hmac_md5(const Key& key, std::int32_t usage, std::int32_t type, Bytes data, Bytes checksum) {
  if (type != checksum_type::hmac_md5 || checksum.size() != md5_size) return false;
  return equal_in_constant_time(make_hmac_md5(key, usage, data), checksum);
}

bool verify_unkeyed_checksum(std::int32_t type, Bytes data, Bytes checksum) {
  const bool md5 = type == checksum_type::rsa_md5;
  if (!md5 && type != checksum_type::sha1) return false;
  const Digest digest = md5 ? Digest::md5 : Digest::sha1;
  std::array<std::uint8_t, openssl::max_digest_size> made{};
  openssl::hash(digest, {data}, made);
  return equal_in_constant_time(Bytes(made).first(openssl::digest_size(digest)), checksum);
}

}  // namespace ferryman::crypto
