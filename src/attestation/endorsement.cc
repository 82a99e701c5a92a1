#include "attestation/endorsement.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/endian.h"
#include "base/owned.h"
#include "base/secret.h"
#include "crypto/openssl.h"
#include "pki/certificate.h"
#include "pki/library.h"

namespace ferryman::attestation {
namespace {

using pki::must;
using OwnedContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using OwnedCipher = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using OwnedUsage = Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;

constexpr std::string_view endorsement_usage = "2.23.133.8.1";  // tcg-kp-EKCertificate
constexpr std::size_t max_certificates = 4, sha256_size = 32, aes_size = 16;

bool is_for_endorsement(const pki::Certificate& certificate) {
  const OwnedUsage usage(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate.openssl(), NID_ext_key_usage, nullptr, nullptr)));
  for (int i = 0; usage && i < sk_ASN1_OBJECT_num(usage.get()); ++i) {
    std::array<char, 64> text{};
    const int size = OBJ_obj2txt(text.data(), text.size(), sk_ASN1_OBJECT_value(usage.get(), i), 1);
    if (size > 0 && endorsement_usage == text.data()) return true;
  }
  return false;
}

// KDFa (part 1, 11.4.10.2) with SHA-256, for no more than it gives at once.
template <std::size_t N>
SecretArray<N> derived(Bytes key, std::string_view label, Bytes context) {
  static_assert(N <= sha256_size);
  const std::array<std::uint8_t, 4> first{0, 0, 0, 1};
  const std::array<std::uint8_t, 1> end{0};
  std::array<std::uint8_t, 4> bits{};
  store_be(bits, static_cast<std::uint32_t>(N * 8));
  SecretArray<N> out;
  crypto::openssl::hmac(crypto::openssl::Digest::sha256, key, {first, as_bytes(label), end, context, bits},
                        out);
  return out;
}

// RSAES-OAEP with SHA-256 and the label "IDENTITY" with its end (part 1, B.10.3).
Octets encrypt_seed(const pki::PublicKey& key, Bytes seed) {
  constexpr char label[] = "IDENTITY";
  const OwnedContext context(must(EVP_PKEY_CTX_new(key.openssl(), nullptr)));
  must(EVP_PKEY_encrypt_init(context.get()));
  must(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING));
  must(EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()));
  must(EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()));
  auto* owned_label = static_cast<unsigned char*>(must(OPENSSL_memdup(label, sizeof label)));
  must(EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), owned_label, static_cast<int>(sizeof label)));
  std::size_t size = 0;
  must(EVP_PKEY_encrypt(context.get(), nullptr, &size, seed.data(), seed.size()));
  Octets encrypted(size);
  must(EVP_PKEY_encrypt(context.get(), encrypted.data(), &size, seed.data(), seed.size()));
  encrypted.resize(size);
  return encrypted;
}

Octets encrypt_cfb(Bytes key, Bytes plain) {
  const std::array<std::uint8_t, aes_size> iv{};
  const OwnedCipher context(must(EVP_CIPHER_CTX_new()));
  must(EVP_EncryptInit_ex(context.get(), EVP_aes_128_cfb128(), nullptr, key.data(), iv.data()));
  Octets encrypted(plain.size());
  int size = 0;
  must(EVP_EncryptUpdate(context.get(), encrypted.data(), &size, plain.data(),
                         static_cast<int>(plain.size())));
  return encrypted;
}

void append_sized(Octets& out, Bytes octets) {
  out.push_back(static_cast<std::uint8_t>(octets.size() >> 8));
  out.push_back(static_cast<std::uint8_t>(octets.size()));
  out.insert(out.end(), octets.begin(), octets.end());
}

}  // namespace

Outcome<pki::PublicKey> endorsement_key(std::span<const Bytes> certificates,
                                        const pki::AttestationRoots& roots, std::int64_t now) {
  if (certificates.empty() || certificates.size() > max_certificates) return fail(Fault::endorsement);
  std::vector<pki::Certificate> chain;
  std::vector<X509*> views;
  for (const Bytes each : certificates) {
    auto parsed = pki::Certificate::parse(each);
    if (!parsed) return fail(Fault::endorsement);
    chain.push_back(*std::move(parsed));
    views.push_back(chain.back().openssl());
  }
  const pki::PublicKey& key = chain.front().key();
  if (key.type() != pki::KeyType::rsa || !is_for_endorsement(chain.front())) return fail(Fault::endorsement);
  if (!roots.trust(views, now)) return fail(Fault::endorsement_root);
  return key;
}

Credential make_credential(const pki::PublicKey& endorsement_key, Bytes name, Bytes hidden) {
  SecretArray<sha256_size> seed;
  crypto::openssl::random(seed);
  Octets identity;
  append_sized(identity, hidden);
  const Octets encrypted = encrypt_cfb(derived<aes_size>(seed, "STORAGE", name), identity);
  wipe(identity);
  std::array<std::uint8_t, sha256_size> integrity{};
  crypto::openssl::hmac(crypto::openssl::Digest::sha256, derived<sha256_size>(seed, "INTEGRITY", {}),
                        {encrypted, name}, integrity);
  Credential made;
  append_sized(made.blob, integrity);
  made.blob.insert(made.blob.end(), encrypted.begin(), encrypted.end());
  made.secret = encrypt_seed(endorsement_key, seed);
  return made;
}

}  // namespace ferryman::attestation
