#pragma once

#include <openssl/sha.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/guid.h"
#include "pki/private_key.h"

// An authenticator with one ES256 credential, each of whose words a test can choose.
namespace ferryman::webauthn {

// CBOR, in pieces that are put behind each other.
namespace cbor {

inline Octets head(std::uint8_t major, std::uint64_t number) {
  constexpr std::uint8_t one_octet = 24, two_octets = 25;
  const auto first = static_cast<std::uint8_t>(major << 5);
  if (number < one_octet) return {static_cast<std::uint8_t>(first | number)};
  if (number < 256) return {static_cast<std::uint8_t>(first | one_octet), static_cast<std::uint8_t>(number)};
  return {static_cast<std::uint8_t>(first | two_octets), static_cast<std::uint8_t>(number >> 8),
          static_cast<std::uint8_t>(number)};
}
inline Octets joined(std::initializer_list<Bytes> parts) {
  Octets all;
  for (const Bytes part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}
inline Octets integer(std::int64_t number) {
  return number >= 0 ? head(0, static_cast<std::uint64_t>(number))
                     : head(1, static_cast<std::uint64_t>(-1 - number));
}
inline Octets octets(Bytes value) {
  return joined({head(2, value.size()), value});
}
inline Octets text(std::string_view value) {
  return joined({head(3, value.size()), as_bytes(value)});
}
inline Octets array(std::initializer_list<Bytes> items) {
  return joined({head(4, items.size()), joined(items)});
}
// items: keys and values in turn.
inline Octets map(std::initializer_list<Bytes> items) {
  return joined({head(5, items.size() / 2), joined(items)});
}

}  // namespace cbor

inline Octets sha256(Bytes octets) {
  Octets hash(SHA256_DIGEST_LENGTH);
  ::SHA256(octets.data(), octets.size(), hash.data());
  return hash;
}

inline std::string client_data(std::string_view type, std::string_view challenge, std::string_view origin,
                               std::string_view more = {}) {
  return std::string("{\"type\":\"")
      .append(type)
      .append("\",\"challenge\":\"")
      .append(challenge)
      .append("\",\"origin\":\"")
      .append(origin)
      .append("\"")
      .append(more)
      .append("}");
}

struct TestAuthenticator {
  static constexpr std::uint8_t user_present = 0x01, user_verified = 0x04, has_credential = 0x40;

  pki::PrivateKey key = pki::PrivateKey::generate_p256();
  Octets id = Octets(32, 0x1d);
  std::string rp_id;
  Guid aaguid{};
  std::uint8_t flags = user_present | user_verified;
  std::uint32_t sign_count = 0;

  Octets cose_key() const {
    const pki::PublicKey& its = key.public_key();
    return cbor::map({cbor::integer(1), cbor::integer(2), cbor::integer(3), cbor::integer(-7),
                      cbor::integer(-1), cbor::integer(1), cbor::integer(-2), cbor::octets(its.x()),
                      cbor::integer(-3), cbor::octets(its.y())});
  }
  Octets data(std::uint8_t its_flags) const {
    Octets data = sha256(as_bytes(rp_id));
    data.push_back(its_flags);
    for (int shift = 24; shift >= 0; shift -= 8)
      data.push_back(static_cast<std::uint8_t>(sign_count >> shift));
    return data;
  }
  // public_key: a COSE_Key.
  Octets data_with(Bytes public_key) const {
    const std::uint8_t size[] = {static_cast<std::uint8_t>(id.size() >> 8),
                                 static_cast<std::uint8_t>(id.size())};
    return cbor::joined({data(flags | has_credential), aaguid.octets, size, id, public_key});
  }
  Octets data_with_credential() const { return data_with(cose_key()); }
  static Octets object(std::string_view format, Bytes statement, Bytes data) {
    return cbor::map({cbor::text("fmt"), cbor::text(format), cbor::text("attStmt"), statement,
                      cbor::text("authData"), cbor::octets(data)});
  }
  // Of attestation none.
  Octets registration() const { return object("none", cbor::map({}), data_with_credential()); }

  struct Assertion {
    Octets data, signature;
  };
  Assertion assertion(std::string_view its_client_data) const {
    Octets its_data = data(flags);
    const Octets hash = sha256(as_bytes(its_client_data));
    return {its_data, pki::sign(key, cbor::joined({its_data, hash}))};
  }
};

}  // namespace ferryman::webauthn
