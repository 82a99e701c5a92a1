#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/etype.h"

namespace ferryman::crypto {

// n-fold (RFC 3961 5.1) of a constant that is not empty to out.size() octets.
void n_fold(Bytes constant, std::span<std::uint8_t> out);

// A well-known constant, folded to a block of AES: for those that are used again and again.
using FoldedConstant = std::array<std::uint8_t, openssl::aes_block>;
FoldedConstant fold(std::string_view constant);

// DR (RFC 3961 5.1) with AES, which is DK too: out has the key's size.
void derive_sha1(Bytes key, const FoldedConstant& constant, std::span<std::uint8_t> out);

// KDF-HMAC-SHA2 (RFC 8009 3) of out.size() octets; the context may be empty.
void derive_sha2(openssl::Digest digest, Bytes key, Bytes label, Bytes context, std::span<std::uint8_t> out);

// What RFC 3961 5.3 and RFC 8009 5 derive for one key usage: Ke, Ki or Kc.
enum class Purpose : std::uint8_t { encryption = 0xaa, integrity = 0x55, checksum = 0x99 };
using DerivedKey = SecretArray<32>;  // of which the first key_size or integrity_key_size octets are used

// etype: none of libkrb5's.
DerivedKey derive_key(const Etype& etype, Bytes key, std::int32_t usage, Purpose purpose);

}  // namespace ferryman::crypto
