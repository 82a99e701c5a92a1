#include "jose/jws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "jose/jwk.h"
#include "jose/rfc_samples.h"

namespace ferryman::jose {
namespace {

using json::Json;

Octets octets_of(std::string_view text) {
  return *octets_of_base64url(text);
}

const Octets& secret() {
  static const Octets kept = octets_of(rfc::hs256_key);
  return kept;
}

pki::PublicKey rs256_key() {
  return *key_of_jwk({{"kty", "RSA"}, {"n", rfc::rs256_modulus}, {"e", "AQAB"}});
}

pki::PublicKey es256_key() {
  return *key_of_jwk({{"kty", "EC"}, {"crv", "P-256"}, {"x", rfc::es256_x}, {"y", rfc::es256_y}});
}

const pki::PrivateKey& rsa_pair() {
  static const pki::PrivateKey kept = pki::PrivateKey::generate_rsa();
  return kept;
}

const pki::PrivateKey& p256_pair() {
  static const pki::PrivateKey kept = pki::PrivateKey::generate_p256();
  return kept;
}

std::string unsigned_jws(std::string_view header, std::string_view payload = "{}") {
  return base64url_of(as_bytes(header)) + "." + base64url_of(as_bytes(payload)) + ".AAAA";
}

Fault fault_of(std::string_view text) {
  const auto jws = parse_jws(text);
  EXPECT_FALSE(jws) << text;
  return jws ? Fault{} : jws.error();
}

Fault header_fault(std::string_view header) {
  return fault_of(unsigned_jws(header));
}

TEST(Jws, ThoseOfTheRfcAreSignedByTheirKeys) {
  const auto hs256 = parse_jws(rfc::hs256), rs256 = parse_jws(rfc::rs256), es256 = parse_jws(rfc::es256);
  ASSERT_TRUE(hs256 && rs256 && es256);
  EXPECT_TRUE(verify(*hs256, secret()));
  EXPECT_TRUE(verify(*rs256, rs256_key()));
  EXPECT_TRUE(verify(*es256, es256_key()));
  EXPECT_EQ(rs256->claims["iss"], "joe");
  EXPECT_EQ(rs256->payload,
            "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

TEST(Jws, TheAlgorithmGoesByTheKey) {
  const auto hs256 = parse_jws(rfc::hs256), rs256 = parse_jws(rfc::rs256), es256 = parse_jws(rfc::es256),
             none = parse_jws(rfc::unsigned_claims);
  ASSERT_TRUE(none);
  for (const auto* jws : {&*hs256, &*es256, &*none})
    EXPECT_EQ(verify(*jws, rs256_key()).error(), Fault::algorithm);
  for (const auto* jws : {&*hs256, &*rs256, &*none})
    EXPECT_EQ(verify(*jws, es256_key()).error(), Fault::algorithm);
  for (const auto* jws : {&*rs256, &*es256, &*none})
    EXPECT_EQ(verify(*jws, secret()).error(), Fault::algorithm);
}

TEST(Jws, APublicKeyIsNoSecret) {  // the known confusion of HS256 with RS256
  const Octets der = rs256_key().subject_public_key_info();
  const std::string forged = sign(der, Json::object(), R"({"iss":"joe"})");
  EXPECT_EQ(verify(*parse_jws(forged), rs256_key()).error(), Fault::algorithm);
}

TEST(Jws, AShortSecretIsNone) {
  const auto hs256 = parse_jws(rfc::hs256);
  EXPECT_THROW((void)verify(*hs256, Bytes(secret()).first(31)), std::invalid_argument);
  EXPECT_THROW(sign(Bytes{}, Json::object(), "{}"), std::invalid_argument);
}

TEST(Jws, AnyChangedLetterIsNoticed) {
  for (const std::string_view whole : {rfc::hs256, rfc::rs256, rfc::es256}) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string changed(whole);
      changed[at] = changed[at] == 'A' ? 'B' : 'A';
      const auto jws = parse_jws(changed);
      if (!jws) continue;
      EXPECT_FALSE(verify(*jws, secret())) << at;
      EXPECT_FALSE(verify(*jws, rs256_key())) << at;
      EXPECT_FALSE(verify(*jws, es256_key())) << at;
    }
  }
}

TEST(Jws, WhatWasSignedIsVerifiedByItsKeyAlone) {
  const pki::PrivateKey other = pki::PrivateKey::generate_p256();
  const std::string payload = R"({"iss":"alice"})";
  const std::string by_rsa = sign(rsa_pair(), {{"kid", "x"}}, payload),
                    by_p256 = sign(p256_pair(), {}, payload),
                    by_secret = sign(secret(), {{"use", "ngc"}}, payload);
  EXPECT_TRUE(verify(*parse_jws(by_rsa), rsa_pair().public_key()));
  EXPECT_EQ(verify(*parse_jws(by_rsa), rs256_key()).error(), Fault::signature);
  EXPECT_TRUE(verify(*parse_jws(by_p256), p256_pair().public_key()));
  EXPECT_EQ(verify(*parse_jws(by_p256), other.public_key()).error(), Fault::signature);
  EXPECT_TRUE(verify(*parse_jws(by_secret), secret()));
  EXPECT_EQ(verify(*parse_jws(by_secret), Bytes(secret()).first(33)).error(), Fault::signature);
  EXPECT_EQ(parse_jws(by_rsa)->header.key_id, "x");
  EXPECT_EQ(parse_jws(by_p256)->header.key_id, std::nullopt);
  EXPECT_EQ(parse_jws(by_secret)->header.use, "ngc");
}

TEST(Jws, AnEcdsaSignatureHasOneSize) {
  const std::string signed_text = text_to_sign(pki::KeyType::p256, Json::object(), "{}");
  const Octets der = pki::sign(p256_pair(), as_bytes(signed_text));
  EXPECT_EQ(verify(*parse_jws(with_signature(signed_text, der)), p256_pair().public_key()).error(),
            Fault::signature);
  EXPECT_EQ(verify(*parse_jws(with_signature(signed_text, {})), p256_pair().public_key()).error(),
            Fault::signature);
  EXPECT_EQ(verify(*parse_jws(with_signature(signed_text, Octets(64))), p256_pair().public_key()).error(),
            Fault::signature);
}

TEST(Jws, HasThreePartsOfBase64url) {
  for (const std::string_view text :
       {"", ".", "..", "...", "a.b", "e30.e30", "e30.e30.AAAA.AAAA", "e30=.e30.AAAA", "e30.e30.AAA+",
        "W10.e30.AAAA", "e30 .e30.AAAA", "e30.e30.AAAA\n", "eyJ9.e30.AAAA"}) {
    EXPECT_EQ(fault_of(text), Fault::malformed) << text;
  }
}

TEST(Jws, ClaimsAreAnObject) {
  for (const char* payload : {"", "[]", "1", "{", "{} x", "{\"a\":\"\xff\"}", "\xef\xbb\xbf{}"}) {
    EXPECT_EQ(fault_of(unsigned_jws(R"({"alg":"RS256"})", payload)), Fault::malformed) << payload;
  }
}

TEST(Jws, IsBounded) {
  const std::string header = R"({"alg":"RS256"})";
  EXPECT_TRUE(parse_jws(unsigned_jws(header, "{\"a\":\"" + std::string(20000, 'x') + "\"}")));
  EXPECT_EQ(fault_of(unsigned_jws(header, "{\"a\":\"" + std::string(30000, 'x') + "\"}")), Fault::too_large);
  std::string deep = "1";
  for (std::size_t i = 0; i < max_json_depth; ++i) deep = "{\"a\":" + deep + "}";
  EXPECT_TRUE(parse_jws(unsigned_jws(header, deep)));
  EXPECT_EQ(fault_of(unsigned_jws(header, "{\"a\":" + deep + "}")), Fault::malformed);
}

TEST(Jws, SaysNoMemberTwice) {
  EXPECT_EQ(fault_of(unsigned_jws(R"({"alg":"RS256"})", R"({"iss":"a","iss":"b"})")), Fault::malformed);
  EXPECT_EQ(header_fault(R"({"alg":"RS256","alg":"none"})"), Fault::malformed);
}

TEST(Jws, MembersOfTheHeaderHaveTheirTypes) {
  EXPECT_EQ(header_fault(R"({"alg":"RS256","crit":[]})"), Fault::critical);
  EXPECT_EQ(header_fault(R"({"alg":"RS256","crit":["b64"],"b64":false})"), Fault::critical);
  for (const char* header :
       {"{}", R"({"alg":1})", R"({"alg":""})", R"({"alg":"a","kid":1})", R"({"alg":"a","use":null})",
        R"({"alg":"a","kdf_ver":3})", R"({"alg":"a","kdf_ver":"2"})", R"({"alg":"a","kdf_ver":2.0})",
        R"({"alg":"a","ctx":1})", R"({"alg":"a","ctx":"AAAA"})",
        R"({"alg":"a","ctx":"____________________"})", R"({"alg":"a","x5c":[]})", R"({"alg":"a","x5c":""})",
        R"({"alg":"a","x5c":[1]})", R"({"alg":"a","x5c":"A"})",
        R"({"alg":"a","x5c":["AAAA","AAAA","AAAA","AAAA","AAAA"]})"}) {
    EXPECT_EQ(header_fault(header), Fault::header) << header;
  }
}

TEST(Jws, ACertificateIsOneTextOrAList) {
  using testing::ElementsAre;
  const Octets der{1, 2, 3}, other{4, 5, 6, 7};
  EXPECT_THAT(parse_jws(unsigned_jws(R"({"alg":"RS256","x5c":"AQID"})"))->header.certificates,
              ElementsAre(der));
  EXPECT_THAT(parse_jws(unsigned_jws(R"({"alg":"RS256","x5c":["AQID"]})"))->header.certificates,
              ElementsAre(der));
  EXPECT_THAT(parse_jws(unsigned_jws(R"({"alg":"RS256","x5c":["AQID","BAUGBw=="]})"))->header.certificates,
              ElementsAre(der, other));
}

TEST(Jws, TheContextIsBase64WithPadding) {
  const std::string text = base64_of(Octets(32, 0xfb));
  const auto jws = parse_jws(unsigned_jws(R"({"alg":"HS256","kdf_ver":2,"ctx":")" + text + "\"}"));
  ASSERT_TRUE(jws);
  EXPECT_EQ(jws->header.context, Octets(32, 0xfb));
  EXPECT_EQ(jws->header.kdf_version, KdfVersion::v2);
  EXPECT_EQ(parse_jws(unsigned_jws(R"({"alg":"HS256"})"))->header.kdf_version, KdfVersion::v1);
}

TEST(Jws, OtherMembersArePassedOver) {
  EXPECT_TRUE(
      parse_jws(unsigned_jws(R"({"alg":"RS256","typ":"JOSE","jku":"https://a.test","jwk":{"kty":"RSA"}})")));
}

}  // namespace
}  // namespace ferryman::jose
