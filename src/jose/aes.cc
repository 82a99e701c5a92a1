#include "jose/aes.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "pki/library.h"
#include "pki/owned.h"

namespace ferryman::jose {
namespace {

using OwnedCipher = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using pki::must;

// Fetched once, and never freed: threads may outlive what is static.
const EVP_CIPHER* gcm() {
  static const EVP_CIPHER* const cipher = must(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  return cipher;
}
const EVP_CIPHER* cbc() {
  static const EVP_CIPHER* const cipher = must(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr));
  return cipher;
}

OwnedCipher begin(const EVP_CIPHER* cipher, Bytes key, Bytes initial_vector, bool encrypts) {
  OwnedCipher context(must(EVP_CIPHER_CTX_new()));
  must(EVP_CipherInit_ex2(context.get(), cipher, key.data(), initial_vector.data(), encrypts ? 1 : 0,
                          nullptr));
  return context;
}

// Returns the octets written; out: null for what is only authenticated.
std::size_t update(const OwnedCipher& context, std::uint8_t* out, Bytes in) {
  int written = 0;
  if (!in.empty())
    must(EVP_CipherUpdate(context.get(), out, &written, in.data(), static_cast<int>(in.size())));
  return static_cast<std::size_t>(written);
}

}  // namespace

Authenticated encrypt_gcm(Bytes key, Bytes nonce, Bytes aad, Bytes plain) {
  const OwnedCipher context = begin(gcm(), key, nonce, true);
  update(context, nullptr, aad);
  Authenticated made{Octets(plain.size()), {}};
  update(context, made.ciphertext.data(), plain);
  int written = 0;
  must(EVP_CipherFinal_ex(context.get(), nullptr, &written));
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, gcm_tag_size, made.tag.data()));
  return made;
}

std::optional<Secret> decrypt_gcm(Bytes key, Bytes nonce, Bytes aad, Bytes ciphertext, Bytes tag) {
  if (nonce.size() != gcm_nonce_size || tag.size() != gcm_tag_size) return std::nullopt;
  const OwnedCipher context = begin(gcm(), key, nonce, false);
  Octets expected(tag.begin(), tag.end());
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, gcm_tag_size, expected.data()));
  update(context, nullptr, aad);
  Secret plain(ciphertext.size());
  update(context, plain.writable().data(), ciphertext);
  int written = 0;
  const int result = EVP_CipherFinal_ex(context.get(), nullptr, &written);
  ERR_clear_error();
  if (result != 1) return std::nullopt;
  return plain;
}

Octets encrypt_cbc(Bytes key, Bytes initial_vector, Bytes plain) {
  const OwnedCipher context = begin(cbc(), key, initial_vector, true);
  Octets ciphertext(plain.size() + aes_block);
  const std::size_t size = update(context, ciphertext.data(), plain);
  int last = 0;
  must(EVP_CipherFinal_ex(context.get(), ciphertext.data() + size, &last));
  ciphertext.resize(size + static_cast<std::size_t>(last));
  return ciphertext;
}

std::optional<Secret> decrypt_cbc(Bytes key, Bytes initial_vector, Bytes ciphertext) {
  if (initial_vector.size() != aes_block || ciphertext.empty() || ciphertext.size() % aes_block != 0)
    return std::nullopt;
  const OwnedCipher context = begin(cbc(), key, initial_vector, false);
  Secret plain(ciphertext.size() + aes_block);
  const std::size_t size = update(context, plain.writable().data(), ciphertext);
  int last = 0;
  const int result = EVP_CipherFinal_ex(context.get(), plain.writable().data() + size, &last);
  ERR_clear_error();
  if (result != 1) return std::nullopt;
  plain.shrink(size + static_cast<std::size_t>(last));
  return plain;
}

}  // namespace ferryman::jose
