#include "crypto/string_to_key.h"

#include <optional>

#include "base/endian.h"
#include "base/text.h"
#include "crypto/libkrb5.h"

namespace ferryman::crypto {
namespace {

constexpr std::string_view constant = "kerberos";

std::optional<std::uint32_t> iterations_of(const Etype& etype, Bytes parameters) {
  if (parameters.empty()) return etype.iterations;
  if (parameters.size() != sizeof(std::uint32_t)) return std::nullopt;
  const auto iterations = load_be<std::uint32_t>(parameters);
  if (iterations < etype.iterations || iterations > max_iterations) return std::nullopt;  // 0: 2^32 of them
  return iterations;
}

Result<Key> by_libkrb5(const Etype& etype, Bytes password, Bytes salt, Bytes parameters) {
  if (etype.number == etype::rc4_hmac && !is_utf8(as_text(password)))
    return tl::unexpected(Error{Fault::bad_string});
  if (!parameters.empty() && !iterations_of(etype, parameters))
    return tl::unexpected(Error{Fault::unsupported});
  const auto octets = libkrb5::string_to_key(etype, password, salt, parameters);
  if (!octets) return tl::unexpected(Error{Fault::unsupported});
  return Key::make(etype.number, octets->bytes());
}

}  // namespace

Result<Key> string_to_key(std::int32_t number, Bytes password, Bytes salt, Bytes parameters) {
  const Etype* etype = find_etype(number);
  if (etype == nullptr) return tl::unexpected(Error{Fault::unsupported});
  if (etype->construction == Construction::libkrb5) return by_libkrb5(*etype, password, salt, parameters);
  const auto iterations = iterations_of(*etype, parameters);
  if (!iterations) return tl::unexpected(Error{Fault::unsupported});

  const bool sha2 = etype->construction == Construction::aes_sha2;
  Octets salting;
  if (sha2) {  // RFC 8009 4: the etype's name and a zero stand before the salt
    const Bytes name = as_bytes(etype->name);
    salting.assign(name.begin(), name.end());
    salting.push_back(0);
  }
  salting.insert(salting.end(), salt.begin(), salt.end());
  Secret base(etype->key_size), octets(etype->key_size);
  openssl::pbkdf2(etype->digest, password, salting, *iterations, base.writable());
  if (sha2) {
    derive_sha2(etype->digest, base.bytes(), as_bytes(constant), {}, octets.writable());
  } else {
    derive_sha1(base.bytes(), fold(constant), octets.writable());
  }
  return Key::make(number, octets.bytes());
}

}  // namespace ferryman::crypto
