#include "keys/pkcs8.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/owned.h"
#include "pki/library.h"

namespace ferryman::keys {
namespace {

using OwnedInfo = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using OwnedEncrypted = Owned<X509_SIG, X509_SIG_free>;

// Those of OWASP for 16 MiB, which is what OpenSSL lets a key file have.
constexpr std::uint64_t scrypt_n = 1U << 14U, scrypt_r = 8, scrypt_p = 5;
constexpr int salt_size = 16;

const char* text_of(Bytes password) {
  return as_text(password).data();
}

template <auto encode, typename T>
Secret der_of(const T* object) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  if (size <= 0) pki::fail_in_library();
  Secret octets(Bytes(der, static_cast<std::size_t>(size)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return octets;
}

}  // namespace

Secret encrypt_pkcs8(Bytes private_key, Bytes password) {
  const unsigned char* next = private_key.data();
  const OwnedInfo info(
      pki::must(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &next, static_cast<long>(private_key.size()))));
  X509_ALGOR* algorithm = pki::must(
      PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, salt_size, nullptr, scrypt_n, scrypt_r, scrypt_p));
  X509_SIG* made =
      PKCS8_set0_pbe(text_of(password), static_cast<int>(password.size()), info.get(), algorithm);
  if (made == nullptr) X509_ALGOR_free(algorithm);  // else it belongs to what was made
  const OwnedEncrypted encrypted(pki::must(made));
  return der_of<i2d_X509_SIG>(encrypted.get());
}

std::optional<Secret> decrypt_pkcs8(Bytes encrypted, Bytes password) {
  const unsigned char* next = encrypted.data();
  const OwnedEncrypted read(d2i_X509_SIG(nullptr, &next, static_cast<long>(encrypted.size())));
  const OwnedInfo info(read ? PKCS8_decrypt(read.get(), text_of(password), static_cast<int>(password.size()))
                            : nullptr);
  ERR_clear_error();
  if (!info) return std::nullopt;
  return der_of<i2d_PKCS8_PRIV_KEY_INFO>(info.get());
}

}  // namespace ferryman::keys
