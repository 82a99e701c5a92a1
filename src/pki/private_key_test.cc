#include "pki/private_key.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "pki/owned.h"

namespace ferryman::pki {
namespace {

const PrivateKey& rsa_pair() {
  static const PrivateKey kept = PrivateKey::generate_rsa();
  return kept;
}

const PrivateKey& p256_pair() {
  static const PrivateKey kept = PrivateKey::generate_p256();
  return kept;
}

TEST(PrivateKey, IsReadAsItWasWritten) {
  for (const PrivateKey& pair : {rsa_pair(), p256_pair()}) {
    const Secret der = pair.pkcs8();
    const auto read = PrivateKey::of_pkcs8(der.bytes());
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->public_key() == pair.public_key());
    EXPECT_TRUE(verify(pair.public_key(), as_bytes("x"), sign(*read, as_bytes("x"))));
    Octets longer(der.bytes().begin(), der.bytes().end());
    longer.push_back(0);
    EXPECT_EQ(PrivateKey::of_pkcs8(longer).error().fault, Fault::trailing_bytes);
    for (std::size_t size = 0; size < der.size(); size += 7)
      EXPECT_FALSE(PrivateKey::of_pkcs8(der.bytes().first(size)));
  }
  EXPECT_EQ(PrivateKey::of_pkcs8(Octets(10'000)).error().fault, Fault::length_too_large);
}

TEST(PrivateKey, SignsForItsPublicKeyAlone) {
  for (const PrivateKey& pair : {rsa_pair(), p256_pair()}) {
    Octets signature = sign(pair, as_bytes("message"));
    EXPECT_TRUE(verify(pair.public_key(), as_bytes("message"), signature));
    EXPECT_FALSE(verify(pair.public_key(), as_bytes("Message"), signature));
    EXPECT_FALSE(verify(PrivateKey::generate_p256().public_key(), as_bytes("message"), signature));
    EXPECT_FALSE(verify(rsa_pair().public_key(), as_bytes("message"), {}));
    signature.push_back(0);
    EXPECT_FALSE(verify(pair.public_key(), as_bytes("message"), signature));
  }
}

TEST(PrivateKey, DecryptsWhatWasEncryptedForIt) {
  const Octets plain(32, 7);
  Octets encrypted = encrypt_oaep(rsa_pair().public_key(), plain);
  const auto read = decrypt_oaep(rsa_pair(), encrypted);
  ASSERT_TRUE(read);
  EXPECT_TRUE(equal_in_constant_time(read->bytes(), plain));
  EXPECT_FALSE(decrypt_oaep(PrivateKey::generate_rsa(), encrypted));
  EXPECT_FALSE(decrypt_oaep(rsa_pair(), Bytes(encrypted).first(255)));
  EXPECT_FALSE(decrypt_oaep(rsa_pair(), {}));
  encrypted[7] ^= 1;
  EXPECT_FALSE(decrypt_oaep(rsa_pair(), encrypted));
}

TEST(PrivateKey, GivesAwayTheOtherHalfAlone) {
  for (const PrivateKey& key : {PrivateKey::generate_rsa(), PrivateKey::generate_p256()}) {
    BIGNUM* secret = nullptr;
    const char* const name =
        key.public_key().type() == KeyType::rsa ? OSSL_PKEY_PARAM_RSA_D : OSSL_PKEY_PARAM_PRIV_KEY;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key.public_key().openssl(), name, &secret), 0);
    EXPECT_EQ(EVP_PKEY_get_bn_param(key.openssl(), name, &secret), 1);
    BN_clear_free(secret);
  }
}

}  // namespace
}  // namespace ferryman::pki
