#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "jose/fault.h"
#include "pki/private_key.h"
#include "pki/public_key.h"

// Encrypted texts (RFC 7516 3.1), in the compact form, of the three kinds that there are at sign-in. Every
// one says "A256GCM", because its readers know no other name.
namespace ferryman::jose {

inline constexpr std::size_t max_jwe = 65536;  // characters

// The parts of one, without a look at its algorithms.
struct Jwe {
  std::string algorithm{}, encryption{};  // `alg`, `enc`
  Octets context{};                       // `ctx`; empty: none
  std::string protected_text{};           // the header as it is authenticated
  Octets encrypted_key{}, initial_vector{}, ciphertext{}, tag{};
};
// Faults: too_large, malformed, critical, header (also for compression).
Outcome<Jwe> parse_jwe(std::string_view text);

// A session key for a device: RSA-OAEP, with SHA-1, for its transport key, which is of RSA. Clients take the
// content's key itself for the session key and read no further; the content is an empty object.
std::string wrap_session_key(const pki::PublicKey& transport_key, Bytes session_key);
// What whoever holds the transport key decrypts. Faults: as of parse_jwe(), algorithm.
Outcome<Octets> wrapped_session_key(std::string_view text);
// With a key in memory. Faults: encryption.
Outcome<Secret> unwrap_session_key(const pki::PrivateKey& transport_key, std::string_view text);

// An answer, or the key of a ticket, under a session key: `dir`. Despite the name it is AES-256-CBC with
// PKCS#7 and an initial vector of 16 octets, which is what clients decrypt, and they ignore the tag. So to
// them nothing but TLS protects it from being changed; ours checks the tag, which is the first 16 octets of
// HMAC-SHA-256, by another key derived of the session key, over header, initial vector and ciphertext.
std::string encrypt_answer(Bytes session_key, Bytes plain);
Outcome<Secret> decrypt_answer(Bytes session_key, std::string_view text);

// What nobody else reads, as a PRT: `dir` with real A256GCM. key: aes_key_size octets that are used for
// nothing else; key_id: by which it is found again.
std::string seal(Bytes key, std::string_view key_id, Bytes plain);
Outcome<Secret> unseal(Bytes key, std::string_view text);

}  // namespace ferryman::jose
