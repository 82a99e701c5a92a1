#include "pki/private_key.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "pki/library.h"
#include "pki/owned.h"

namespace ferryman::pki {
namespace {

using OwnedInfo = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

constexpr std::size_t max_encoding = 8192;  // octets; of RSA with 4096 bits it takes 2400
constexpr const char* digest_name = "SHA256";

OwnedKeyContext oaep_context(EVP_PKEY* key, bool encrypts) {
  OwnedKeyContext context(must(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)));
  must(encrypts ? EVP_PKEY_encrypt_init(context.get()) : EVP_PKEY_decrypt_init(context.get()));
  must(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING));
  return context;  // SHA-1 and MGF1 with SHA-1 are OpenSSL's defaults, as they are the RFC's
}

}  // namespace

// generate() makes no other keys than PublicKey takes.
PrivateKey PrivateKey::made(EVP_PKEY* pair) {
  const OwnedKey owned(must(pair));
  auto checked = PublicKey::of(owned.get());
  if (!checked) fail_in_library();
  return PrivateKey(*std::move(checked));
}

PrivateKey PrivateKey::generate_rsa(std::size_t bits) {
  return made(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits));
}

PrivateKey PrivateKey::generate_p256() {
  return made(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", SN_X9_62_prime256v1));
}

Result<PrivateKey> PrivateKey::of_pkcs8(Bytes der) {
  if (der.size() > max_encoding) return tl::unexpected(Error{Fault::length_too_large});
  const unsigned char* next = der.data();
  const OwnedInfo info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &next, static_cast<long>(der.size())));
  const OwnedKey pair(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
  ERR_clear_error();
  if (!pair) return tl::unexpected(Error{Fault::wrong_value});
  if (next != der.data() + der.size()) return tl::unexpected(Error{Fault::trailing_bytes});
  auto checked = PublicKey::of(pair.get());
  if (!checked) return tl::unexpected(checked.error());
  return PrivateKey(*std::move(checked));
}

Secret PrivateKey::pkcs8() const {
  const OwnedInfo info(must(EVP_PKEY2PKCS8(openssl())));
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  if (size <= 0) fail_in_library();
  Secret der(static_cast<std::size_t>(size));
  unsigned char* next = der.writable().data();
  i2d_PKCS8_PRIV_KEY_INFO(info.get(), &next);
  return der;
}

Octets sign(const PrivateKey& key, Bytes message) {
  const OwnedDigestContext context(must(EVP_MD_CTX_new()));
  must(EVP_DigestSignInit_ex(context.get(), nullptr, digest_name, nullptr, nullptr, key.openssl(), nullptr));
  Octets signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.openssl())));
  std::size_t size = signature.size();
  must(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()));
  signature.resize(size);
  return signature;
}

bool verify(const PublicKey& key, Bytes message, Bytes signature) {
  const OwnedDigestContext context(must(EVP_MD_CTX_new()));
  must(
      EVP_DigestVerifyInit_ex(context.get(), nullptr, digest_name, nullptr, nullptr, key.openssl(), nullptr));
  const bool good = EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                                     message.size()) == 1;
  ERR_clear_error();
  return good;
}

Octets encrypt_oaep(const PublicKey& key, Bytes plain) {
  const OwnedKeyContext context = oaep_context(key.openssl(), true);
  Octets encrypted(static_cast<std::size_t>(EVP_PKEY_get_size(key.openssl())));
  std::size_t size = encrypted.size();
  must(EVP_PKEY_encrypt(context.get(), encrypted.data(), &size, plain.data(), plain.size()));
  return encrypted;
}

std::optional<Secret> decrypt_oaep(const PrivateKey& key, Bytes encrypted) {
  const OwnedKeyContext context = oaep_context(key.openssl(), false);
  Secret plain(static_cast<std::size_t>(EVP_PKEY_get_size(key.openssl())));
  std::size_t size = plain.size();
  const int result =
      EVP_PKEY_decrypt(context.get(), plain.writable().data(), &size, encrypted.data(), encrypted.size());
  ERR_clear_error();
  if (result != 1) return std::nullopt;
  plain.shrink(size);
  return plain;
}

}  // namespace ferryman::pki
