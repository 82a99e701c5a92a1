#include "pki/public_key.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "pki/bcrypt_blob.h"
#include "pki/library.h"
#include "pki/owned.h"
#include "pki/private_key.h"

namespace ferryman::pki {
namespace {

const PublicKey& rsa_key() {
  static const PublicKey kept = PrivateKey::generate_rsa().public_key();
  return kept;
}

const PublicKey& p256_key() {
  static const PublicKey kept = PrivateKey::generate_p256().public_key();
  return kept;
}

Octets spki_of(const OwnedKey& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

Octets pkcs1_of(const PublicKey& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PublicKey(key.openssl(), &der);
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

Octets behind(Octets octets, std::uint8_t one) {
  octets.push_back(one);
  return octets;
}

TEST(PublicKey, IsMadeOfItsNumbers) {
  const auto rsa = PublicKey::rsa(rsa_key().modulus(), rsa_key().exponent());
  ASSERT_TRUE(rsa);
  EXPECT_TRUE(*rsa == rsa_key());
  EXPECT_EQ(rsa->type(), KeyType::rsa);
  const auto p256 = PublicKey::p256(p256_key().x(), p256_key().y());
  ASSERT_TRUE(p256);
  EXPECT_TRUE(*p256 == p256_key());
  EXPECT_EQ(p256->type(), KeyType::p256);
  EXPECT_FALSE(*rsa == *p256);
}

TEST(PublicKey, IsReadFromBothFormsInDer) {
  for (const PublicKey& key : {rsa_key(), p256_key()}) {
    const auto read = PublicKey::of_der(key.subject_public_key_info());
    ASSERT_TRUE(read);
    EXPECT_TRUE(*read == key);
  }
  const auto read = PublicKey::of_der(pkcs1_of(rsa_key()));
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read == rsa_key());
  EXPECT_EQ(read->modulus(), rsa_key().modulus());
  EXPECT_EQ(read->subject_public_key_info(), rsa_key().subject_public_key_info());
}

TEST(PublicKey, NothingStandsBehindIt) {
  for (const Octets& der : {rsa_key().subject_public_key_info(), pkcs1_of(rsa_key())}) {
    EXPECT_EQ(PublicKey::of_der(behind(der, 0)).error().fault, Fault::trailing_bytes);
    for (std::size_t size = 0; size < der.size(); ++size)
      EXPECT_FALSE(PublicKey::of_der(Bytes(der).first(size)));
  }
  EXPECT_EQ(PublicKey::of_der({}).error().fault, Fault::truncated);
  EXPECT_EQ(PublicKey::of_der(Octets(4096, 0x30)).error().fault, Fault::length_too_large);
}

TEST(PublicKey, OfOtherTypesAndSizesAreRefused) {
  const OwnedKey short_rsa(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024})));
  const OwnedKey p384(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384")));
  const OwnedKey ed25519(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")));
  for (const OwnedKey* key : {&short_rsa, &p384, &ed25519}) {
    EXPECT_EQ(PublicKey::of(key->get()).error().fault, Fault::unsupported);
    EXPECT_EQ(PublicKey::of_der(spki_of(*key)).error().fault, Fault::unsupported);
  }
}

TEST(PublicKey, NumbersThatAreNoKeyAreRefused) {
  const Octets modulus = rsa_key().modulus(), exponent{1, 0, 1};
  Octets even = modulus;
  even.back() &= 0xfe;
  const Octets long_exponent(9, 0xff), long_modulus(513, 0xff);
  EXPECT_EQ(PublicKey::rsa(even, exponent).error().fault, Fault::wrong_value);
  EXPECT_EQ(PublicKey::rsa(modulus, Octets{1, 0, 2}).error().fault, Fault::wrong_value);
  for (const Octets& weak : {Octets{}, Octets{1}, Octets{3}, Octets{0xff, 0xff}, long_exponent}) {
    EXPECT_EQ(PublicKey::rsa(modulus, weak).error().fault, Fault::unsupported);
  }
  for (const Octets& size : {Octets{}, Octets(255, 0xff), long_modulus, Octets(100'000, 0xff)}) {
    EXPECT_EQ(PublicKey::rsa(size, exponent).error().fault, Fault::unsupported);
  }
  EXPECT_EQ(PublicKey::p256(p256_key().x(), p256_key().x()).error().fault, Fault::wrong_value);
  EXPECT_EQ(PublicKey::p256(Octets(32), Octets(32)).error().fault, Fault::wrong_value);
  EXPECT_EQ(PublicKey::p256(Octets(33), Octets(32)).error().fault, Fault::wrong_value);
}

TEST(BcryptBlob, IsReadAsItWasWritten) {
  const Octets blob = bcrypt_blob(rsa_key());
  EXPECT_TRUE(is_bcrypt_blob(blob));
  EXPECT_EQ(Octets(blob.begin(), blob.begin() + 24),
            (Octets{'R', 'S', 'A', '1', 0, 8, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  const auto key = parse_bcrypt_blob(blob);
  ASSERT_TRUE(key);
  EXPECT_TRUE(*key == rsa_key());
}

TEST(BcryptBlob, EveryPartOfItCounts) {
  const Octets blob = bcrypt_blob(rsa_key());
  for (std::size_t size = 0; size < blob.size(); ++size)
    EXPECT_FALSE(parse_bcrypt_blob(Bytes(blob).first(size)));
  EXPECT_EQ(parse_bcrypt_blob(behind(blob, 0)).error().fault, Fault::trailing_bytes);
  for (std::size_t at = 0; at < 24; ++at) {
    Octets changed = blob;
    changed[at] ^= 1;
    EXPECT_FALSE(parse_bcrypt_blob(changed)) << at;
  }
}

TEST(BcryptBlob, OneKeyHasOneBlob) {
  Octets padded = bcrypt_blob(rsa_key());
  padded[8] = 4;  // octets of the exponent
  padded.insert(padded.begin() + 24, 0);
  EXPECT_EQ(parse_bcrypt_blob(padded).error().fault, Fault::wrong_value);
}

}  // namespace
}  // namespace ferryman::pki
