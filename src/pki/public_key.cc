#include "pki/public_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "pki/library.h"
#include "pki/owned.h"

namespace ferryman::pki {
namespace {

using OwnedBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using OwnedParameters = Owned<OSSL_PARAM, OSSL_PARAM_free>;

constexpr std::size_t max_encoding = 2048;  // octets; of RSA with 4096 bits it takes 550
constexpr std::uint64_t min_exponent = 65537;
constexpr std::uint8_t uncompressed_point = 4;

tl::unexpected<Error> fail(Fault fault) {
  ERR_clear_error();
  return tl::unexpected(Error{fault});
}

// Null for numbers that are no key.
OwnedKey key_of(const char* type, const OSSL_PARAM* parameters) {
  const OwnedKeyContext context(must(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)));
  must(EVP_PKEY_fromdata_init(context.get()));
  EVP_PKEY* key = nullptr;
  // The parameters are only read; OpenSSL's type for them knows no const here.
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) != 1)
    return nullptr;
  return OwnedKey(key);
}

OwnedNumber number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &number));
  return OwnedNumber(number);
}

Octets octets_of(const OwnedNumber& number, std::size_t size) {
  Octets octets(size);
  if (BN_bn2binpad(number.get(), octets.data(), static_cast<int>(size)) < 0) fail_in_library();
  return octets;
}

Octets octets_of(const OwnedNumber& number) {
  return octets_of(number, static_cast<std::size_t>(BN_num_bytes(number.get())));
}

std::optional<Fault> fault_of_rsa(const EVP_PKEY* key) {
  const auto bits = static_cast<std::size_t>(EVP_PKEY_get_bits(key));
  if (bits < PublicKey::min_rsa_bits || bits > PublicKey::max_rsa_bits) return Fault::unsupported;
  const OwnedNumber exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  const OwnedNumber modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  if (BN_num_bits(exponent.get()) > 64 || BN_get_word(exponent.get()) < min_exponent)
    return Fault::unsupported;
  if (BN_is_odd(exponent.get()) == 0 || BN_is_odd(modulus.get()) == 0) return Fault::wrong_value;
  return std::nullopt;
}

std::optional<Fault> fault_of_ec(EVP_PKEY* key) {
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1 ||
      std::string_view(group.data()) != SN_X9_62_prime256v1)
    return Fault::unsupported;
  const OwnedKeyContext context(must(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)));
  if (EVP_PKEY_public_check(context.get()) != 1) return Fault::wrong_value;
  return std::nullopt;
}

}  // namespace

Result<PublicKey> PublicKey::of(EVP_PKEY* key) {
  const bool is_rsa = EVP_PKEY_is_a(key, "RSA") == 1;
  if (!is_rsa && EVP_PKEY_is_a(key, "EC") != 1) return fail(Fault::unsupported);
  if (const auto fault = is_rsa ? fault_of_rsa(key) : fault_of_ec(key)) return fail(*fault);
  must(EVP_PKEY_up_ref(key));
  return PublicKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

Result<PublicKey> PublicKey::rsa(Bytes modulus, Bytes exponent) {
  // Zeros in front are no part of a number, and more than one is no number that anybody writes.
  constexpr std::size_t max_size = max_rsa_bits / 8 + 1;
  if (modulus.size() > max_size || exponent.size() > max_size) return fail(Fault::unsupported);
  const OwnedNumber n(must(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr)));
  const OwnedNumber e(must(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr)));
  if (static_cast<std::size_t>(BN_num_bits(n.get())) < min_rsa_bits) return fail(Fault::unsupported);
  const OwnedBuilder builder(must(OSSL_PARAM_BLD_new()));
  must(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()));
  must(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()));
  const OwnedParameters parameters(must(OSSL_PARAM_BLD_to_param(builder.get())));
  const OwnedKey key = key_of("RSA", parameters.get());
  if (!key) return fail(Fault::wrong_value);
  return of(key.get());
}

Result<PublicKey> PublicKey::p256(Bytes x, Bytes y) {
  if (x.size() != coordinate_size || y.size() != coordinate_size) return fail(Fault::wrong_value);
  Octets point{uncompressed_point};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  std::string group(SN_X9_62_prime256v1);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const OwnedKey key = key_of("EC", parameters);
  if (!key) return fail(Fault::wrong_value);
  return of(key.get());
}

Result<PublicKey> PublicKey::of_der(Bytes der) {
  if (der.empty()) return fail(Fault::truncated);
  if (der.size() > max_encoding) return fail(Fault::length_too_large);
  const unsigned char* next = der.data();
  OwnedKey key(d2i_PUBKEY(nullptr, &next, static_cast<long>(der.size())));
  if (!key) {
    next = der.data();
    key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &next, static_cast<long>(der.size())));
  }
  if (!key) return fail(Fault::wrong_value);
  if (next != der.data() + der.size()) return fail(Fault::trailing_bytes);
  return of(key.get());
}

KeyType PublicKey::type() const {
  return EVP_PKEY_is_a(key_.get(), "RSA") == 1 ? KeyType::rsa : KeyType::p256;
}

Octets PublicKey::modulus() const {
  return octets_of(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N));
}

Octets PublicKey::exponent() const {
  return octets_of(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E));
}

Octets PublicKey::x() const {
  return octets_of(number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X), coordinate_size);
}

Octets PublicKey::y() const {
  return octets_of(number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y), coordinate_size);
}

Octets PublicKey::subject_public_key_info() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  if (size <= 0) fail_in_library();
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

bool operator==(const PublicKey& a, const PublicKey& b) {
  return EVP_PKEY_eq(a.key_.get(), b.key_.get()) == 1;
}

}  // namespace ferryman::pki
