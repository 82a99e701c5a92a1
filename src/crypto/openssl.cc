#include "crypto/openssl.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>

namespace ferryman::crypto::openssl {
namespace {

[[noreturn]] void fail() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  throw std::runtime_error(std::string("libcrypto: ") + text.data());
}

void must(int result) {
  if (result != 1) fail();
}

template <typename T>
T* must(T* object) {
  if (object == nullptr) fail();
  return object;
}

constexpr std::array<const char*, 5> digest_names{"MD5", "SHA1", "SHA256", "SHA384", "SHA512"};
constexpr std::array<std::size_t, 5> digest_sizes{16, 20, 32, 48, 64};

struct Algorithms {
  Algorithms() {
    for (std::size_t i = 0; i < digests.size(); ++i)
      digests[i] = must(EVP_MD_fetch(nullptr, digest_names[i], nullptr));
    hmac = must(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    cts = {must(EVP_CIPHER_fetch(nullptr, "AES-128-CBC-CTS", nullptr)),
           must(EVP_CIPHER_fetch(nullptr, "AES-256-CBC-CTS", nullptr))};
    ecb = {must(EVP_CIPHER_fetch(nullptr, "AES-128-ECB", nullptr)),
           must(EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr))};
  }
  std::array<EVP_MD*, digest_names.size()> digests{};
  EVP_MAC* hmac = nullptr;
  std::array<EVP_CIPHER*, 2> cts{}, ecb{};  // of 128 and of 256 bits
};

const Algorithms& algorithms() {
  static const Algorithms& kept = *new Algorithms;  // never freed: threads may outlive what is static
  return kept;
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;
using Mac = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

// One thread's contexts, each made when it is first needed and then kept with its algorithm and mode.
class Contexts {
 public:
  EVP_CIPHER_CTX* cts(std::size_t key_size, bool encrypts) {
    const std::size_t width = key_size == 16 ? 0 : 1;
    Cipher& context = cts_[width][encrypts ? 1 : 0];
    if (!context) {
      std::string mode(OSSL_CIPHER_CTS_MODE_CS3);
      const OSSL_PARAM params[] = {
          OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE, mode.data(), mode.size()),
          OSSL_PARAM_construct_end()};
      Cipher made(must(EVP_CIPHER_CTX_new()));
      must(EVP_CipherInit_ex2(made.get(), algorithms().cts[width], nullptr, nullptr, encrypts ? 1 : 0,
                              params));
      context = std::move(made);
    }
    return context.get();
  }

  EVP_CIPHER_CTX* ecb(std::size_t key_size) {
    const std::size_t width = key_size == 16 ? 0 : 1;
    Cipher& context = ecb_[width];
    if (!context) {
      Cipher made(must(EVP_CIPHER_CTX_new()));
      must(EVP_EncryptInit_ex2(made.get(), algorithms().ecb[width], nullptr, nullptr, nullptr));
      must(EVP_CIPHER_CTX_set_padding(made.get(), 0));
      context = std::move(made);
    }
    return context.get();
  }

  EVP_MAC_CTX* hmac(Digest digest) {
    Mac& context = hmac_[static_cast<std::size_t>(digest)];
    if (!context) {
      std::string name(digest_names[static_cast<std::size_t>(digest)]);
      const OSSL_PARAM params[] = {
          OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), name.size()),
          OSSL_PARAM_construct_end()};
      Mac made(must(EVP_MAC_CTX_new(algorithms().hmac)));
      must(EVP_MAC_CTX_set_params(made.get(), params));
      context = std::move(made);
    }
    return context.get();
  }

  EVP_MD_CTX* hash() {
    if (!hash_) hash_.reset(must(EVP_MD_CTX_new()));
    return hash_.get();
  }

 private:
  std::array<std::array<Cipher, 2>, 2> cts_;
  std::array<Cipher, 2> ecb_;
  std::array<Mac, digest_names.size()> hmac_;
  std::unique_ptr<EVP_MD_CTX, FreeDigest> hash_;
};

Contexts& contexts() {
  static thread_local Contexts kept;
  return kept;
}

void cts(bool encrypts, Bytes key, Bytes in, std::span<std::uint8_t> out) {
  constexpr std::array<std::uint8_t, aes_block> zeros{};
  EVP_CIPHER_CTX* context = contexts().cts(key.size(), encrypts);
  must(EVP_CipherInit_ex2(context, nullptr, key.data(), zeros.data(), encrypts ? 1 : 0, nullptr));
  int written = 0;
  must(EVP_CipherUpdate(context, out.data(), &written, in.data(), static_cast<int>(in.size())));
}

}  // namespace

std::size_t digest_size(Digest digest) {
  return digest_sizes[static_cast<std::size_t>(digest)];
}

void hash(Digest digest, std::initializer_list<Bytes> parts, std::span<std::uint8_t> out) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> whole{};
  EVP_MD_CTX* context = contexts().hash();
  must(EVP_DigestInit_ex2(context, algorithms().digests[static_cast<std::size_t>(digest)], nullptr));
  for (const Bytes part : parts) must(EVP_DigestUpdate(context, part.data(), part.size()));
  must(EVP_DigestFinal_ex(context, whole.data(), nullptr));
  std::copy_n(whole.begin(), std::min(out.size(), digest_size(digest)), out.begin());
}

void hmac(Digest digest, Bytes key, std::initializer_list<Bytes> parts, std::span<std::uint8_t> out) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> whole{};
  std::size_t size = 0;
  EVP_MAC_CTX* context = contexts().hmac(digest);
  must(EVP_MAC_init(context, key.data(), key.size(), nullptr));
  for (const Bytes part : parts) must(EVP_MAC_update(context, part.data(), part.size()));
  must(EVP_MAC_final(context, whole.data(), &size, whole.size()));
  std::copy_n(whole.begin(), std::min(out.size(), size), out.begin());
  OPENSSL_cleanse(whole.data(), whole.size());  // keys are derived so
}

void encrypt_cts(Bytes key, Bytes in, std::span<std::uint8_t> out) {
  cts(true, key, in, out);
}

void decrypt_cts(Bytes key, Bytes in, std::span<std::uint8_t> out) {
  cts(false, key, in, out);
}

void encrypt_block(Bytes key, Bytes in, std::span<std::uint8_t> out) {
  EVP_CIPHER_CTX* context = contexts().ecb(key.size());
  must(EVP_EncryptInit_ex2(context, nullptr, key.data(), nullptr, nullptr));
  for (std::size_t at = 0; at < out.size(); at += aes_block) {
    int written = 0;
    must(EVP_EncryptUpdate(context, &out[at], &written, at == 0 ? in.data() : &out[at - aes_block],
                           aes_block));
  }
}

void pbkdf2(Digest digest, Bytes password, Bytes salt, std::uint32_t iterations,
            std::span<std::uint8_t> out) {
  must(PKCS5_PBKDF2_HMAC(as_text(password).data(), static_cast<int>(password.size()), salt.data(),
                         static_cast<int>(salt.size()), static_cast<int>(iterations),
                         algorithms().digests[static_cast<std::size_t>(digest)], static_cast<int>(out.size()),
                         out.data()));
}

void random(std::span<std::uint8_t> out) {
  if (!out.empty()) must(RAND_priv_bytes(out.data(), static_cast<int>(out.size())));
}

}  // namespace ferryman::crypto::openssl
