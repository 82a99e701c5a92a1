#include "jose/jwk.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "jose/rfc_samples.h"
#include "pki/bcrypt_blob.h"
#include "pki/private_key.h"

namespace ferryman::jose {
namespace {

using json::Json;

const pki::PublicKey& rsa_key() {
  static const pki::PublicKey kept = pki::PrivateKey::generate_rsa().public_key();
  return kept;
}

const pki::PublicKey& p256_key() {
  static const pki::PublicKey kept = pki::PrivateKey::generate_p256().public_key();
  return kept;
}

Json with(Json jwk, const char* name, const Json& value) {
  jwk[name] = value;
  return jwk;
}

Json without(Json jwk, const char* name) {
  jwk.erase(name);
  return jwk;
}

TEST(Jwk, TheThumbprintIsThatOfTheRfc) {
  const auto key = key_of_jwk({{"kty", "RSA"},
                               {"n", rfc::thumbprint_modulus},
                               {"e", "AQAB"},
                               {"alg", "RS256"},
                               {"kid", "2011-04-29"}});
  ASSERT_TRUE(key);
  EXPECT_EQ(thumbprint(*key), rfc::thumbprint);
}

TEST(Jwk, IsReadAsItWasWritten) {
  for (const pki::PublicKey& key : {rsa_key(), p256_key()}) {
    const auto read = key_of_jwk(jwk_of(key));
    ASSERT_TRUE(read);
    EXPECT_TRUE(*read == key);
  }
}

TEST(Jwk, ItsNumbersMayBeBase64) {  // as macOS and Android write them
  const Json jwk{{"kty", "RSA"},
                 {"n", base64_of(rsa_key().modulus())},
                 {"e", base64_of(rsa_key().exponent())},
                 {"alg", "RS256"},
                 {"kid", "5C8E9A0A-33F4-4A4E-9E35-2C2E0F8E9A11"}};
  const auto read = key_of_jwk(jwk);
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read == rsa_key());
}

TEST(Jwk, WhatIsNoKeyIsRefused) {
  const Json rsa = jwk_of(rsa_key()), p256 = jwk_of(p256_key());
  for (const Json& jwk :
       {Json::object(), with(rsa, "kty", "oct"), with(rsa, "kty", 1), without(rsa, "n"), without(rsa, "e"),
        with(rsa, "n", "AQAB"), with(rsa, "n", 1), with(rsa, "e", "AQ"), with(rsa, "e", "Aw"),
        with(rsa, "e", "AQAC"), with(rsa, "e", ""), with(rsa, "d", "AQAB"), with(p256, "d", "AQAB"),
        without(p256, "x"), without(p256, "crv"), with(p256, "crv", "P-384"), with(p256, "y", p256["x"]),
        with(p256, "x", "AQAB"), with(rsa, "n", base64url_of(Octets(513, 0xff)))}) {
    const auto key = key_of_jwk(jwk);
    ASSERT_FALSE(key) << jwk;
    EXPECT_EQ(key.error(), Fault::key) << jwk;
  }
}

TEST(Jwk, ASetNamesEachKeyByItsThumbprint) {
  const pki::PublicKey keys[] = {rsa_key(), p256_key()};
  const Json set = Json::parse(jwk_set(keys));
  ASSERT_EQ(set["keys"].size(), 2U);
  EXPECT_EQ(set["keys"][0]["kid"], thumbprint(rsa_key()));
  EXPECT_EQ(set["keys"][0]["alg"], "RS256");
  EXPECT_EQ(set["keys"][0]["use"], "sig");
  EXPECT_EQ(set["keys"][1]["alg"], "ES256");
  EXPECT_TRUE(*key_of_jwk(set["keys"][1]) == p256_key());
  EXPECT_EQ(jwk_set({}), R"({"keys":[]})");
}

TEST(Jwk, AKeyIsReadInEveryFormThatClientsSend) {
  for (const Octets& form : {pki::bcrypt_blob(rsa_key()), rsa_key().subject_public_key_info()}) {
    const auto key = key_of_text(base64_of(form));
    ASSERT_TRUE(key);
    EXPECT_TRUE(*key == rsa_key());
  }
  for (const pki::PublicKey& key : {rsa_key(), p256_key()}) {
    const auto read = key_of_text(base64_of(as_bytes(jwk_of(key).dump())));
    ASSERT_TRUE(read);
    EXPECT_TRUE(*read == key);
  }
}

TEST(Jwk, OtherTextsAreNoKey) {
  for (const std::string& text :
       {std::string(), std::string("A"), std::string("AAAA"), base64_of(as_bytes("{}")),
        base64_of(as_bytes("{\"kty\":\"RSA\",\"kty\":\"EC\"}")), base64_of(as_bytes("RSA1"))}) {
    const auto key = key_of_text(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error(), Fault::key) << text;
  }
  EXPECT_EQ(key_of_text(std::string(8196, 'A')).error(), Fault::too_large);
}

}  // namespace
}  // namespace ferryman::jose
