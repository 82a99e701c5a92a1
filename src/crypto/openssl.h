#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/bytes.h"

// The primitives of OpenSSL 3 that Kerberos is made of. Algorithms are fetched once, contexts are kept for
// each thread; any thread may call these. A context holds the last key that was used until the next one or
// the end of its thread, and libcrypto wipes it then.
//
// Nothing here depends on whether foreign bytes are right, so nothing fails but for want of memory or
// randomness, or where libcrypto is configured without an algorithm: that throws std::runtime_error.
namespace ferryman::crypto::openssl {

enum class Digest : std::uint8_t { md5, sha1, sha256, sha384, sha512 };
inline constexpr std::size_t max_digest_size = 64, aes_block = 16;

std::size_t digest_size(Digest digest);

// out: the digest, or as many of its first octets as out has. The parts are taken behind each other.
void hash(Digest digest, std::initializer_list<Bytes> parts, std::span<std::uint8_t> out);
void hmac(Digest digest, Bytes key, std::initializer_list<Bytes> parts, std::span<std::uint8_t> out);

// AES with a key of 16 or 32 octets, in CBC with ciphertext stealing as RFC 3962 5 has it (CS3) and an
// initial vector of zeros. in and out: of one size, at least a block; they may be the same.
void encrypt_cts(Bytes key, Bytes in, std::span<std::uint8_t> out);
void decrypt_cts(Bytes key, Bytes in, std::span<std::uint8_t> out);
// One block, behind it its own encryption, and so on, until out is full.
void encrypt_block(Bytes key, Bytes in, std::span<std::uint8_t> out);

// RFC 8018 5.2, the pseudorandom function being HMAC.
void pbkdf2(Digest digest, Bytes password, Bytes salt, std::uint32_t iterations, std::span<std::uint8_t> out);

// From the generator that is kept apart for what stays secret.
void random(std::span<std::uint8_t> out);

}  // namespace ferryman::crypto::openssl
