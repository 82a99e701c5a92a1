#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/openssl.h"

namespace ferryman::decode {

inline constexpr std::uint16_t tls12 = 0x0303, tls13 = 0x0304;
inline constexpr std::size_t tls_record_head = 5;  // type, version, length

enum class TlsAead : std::uint8_t { aes128_gcm, aes256_gcm, chacha20_poly1305 };

// A cipher suite whose records can be opened: those with an AEAD, but for AES-CCM.
struct TlsSuite {
  std::uint16_t number, version;
  TlsAead aead;
  crypto::openssl::Digest digest;
};

// Null for any other.
const TlsSuite* find_tls_suite(std::uint16_t number, std::uint16_t version);

// Opens the records of one direction, one after the other, under one key (RFC 8446 5.2 and 5.3; RFC 5246
// 6.2.3.3, RFC 5288 3, RFC 7905 2). Not for use by several threads.
class TlsProtection {
 public:
  // TLS 1.3: from a traffic secret (RFC 8446 7.3).
  static TlsProtection from_traffic_secret(const TlsSuite& suite, Bytes secret);
  // TLS 1.2: from the master secret (RFC 5246 6.3).
  static TlsProtection from_master_secret(const TlsSuite& suite, Bytes master, Bytes client_random,
                                          Bytes server_random, bool client);

  // record: with its head. What was in it, in TLS 1.3 with type and padding behind. Nothing where this is not
  // its key, or not its turn; then nothing has changed.
  std::optional<Octets> open(Bytes record);

 private:
  static constexpr std::size_t max_key = 32, nonce_size = 12;

  explicit TlsProtection(const TlsSuite& suite) : suite_(&suite) {}
  // Octets of a nonce that stand in each record.
  std::size_t explicit_nonce() const;

  const TlsSuite* suite_;
  SecretArray<max_key> key_;
  SecretArray<nonce_size> iv_;  // with TLS 1.2's AES-GCM four octets
  std::uint64_t sequence_ = 0;
};

// The traffic secret behind a KeyUpdate (RFC 8446 7.2).
Secret next_traffic_secret(const TlsSuite& suite, Bytes secret);

}  // namespace ferryman::decode
