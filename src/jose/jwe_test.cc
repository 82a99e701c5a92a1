#include "jose/jwe.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "jose/aes.h"
#include "jose/parts.h"
#include "jose/rfc_samples.h"
#include "jose/session_key.h"

namespace ferryman::jose {
namespace {

const Octets session_key(session_key_size, 5), other_key(session_key_size, 6);
constexpr std::string_view plain = R"({"token_type":"Bearer"})";

const pki::PrivateKey& transport_key() {
  static const pki::PrivateKey kept = pki::PrivateKey::generate_rsa();
  return kept;
}

Octets as_octets(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

json::Json header_of(std::string_view jwe) {
  return *json_of_part(jwe.substr(0, jwe.find('.')));
}

std::string jwe_with(std::string_view header, std::string_view rest = ".AAAA.AAAA.AAAA.AAAA") {
  return base64url_of(as_bytes(header)) + std::string(rest);
}

// With each letter in turn another one.
template <typename Check>
void for_each_change(std::string_view whole, Check check) {
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed(whole);
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    check(changed, at);
  }
}

TEST(Jwe, ThatOfTheRfcIsDecrypted) {
  const auto key = pki::PrivateKey::of_pkcs8(*octets_of_base64(rfc::oaep_key));
  ASSERT_TRUE(key);
  const auto jwe = parse_jwe(rfc::oaep);
  ASSERT_TRUE(jwe);
  EXPECT_EQ(jwe->algorithm, "RSA-OAEP");
  const auto content_key = unwrap_session_key(*key, rfc::oaep);
  ASSERT_TRUE(content_key);
  const auto content = decrypt_gcm(content_key->bytes(), jwe->initial_vector, as_bytes(jwe->protected_text),
                                   jwe->ciphertext, jwe->tag);
  ASSERT_TRUE(content);
  EXPECT_EQ(as_text(content->bytes()), "The true sign of intelligence is not knowledge but imagination.");
}

TEST(Jwe, ASessionKeyIsForItsTransportKeyAlone) {
  const std::string jwe = wrap_session_key(transport_key().public_key(), session_key);
  EXPECT_EQ(header_of(jwe), (json::Json{{"alg", "RSA-OAEP"}, {"enc", "A256GCM"}}));
  const auto unwrapped = unwrap_session_key(transport_key(), jwe);
  ASSERT_TRUE(unwrapped);
  EXPECT_EQ(as_octets(unwrapped->bytes()), session_key);
  EXPECT_EQ(unwrap_session_key(pki::PrivateKey::generate_rsa(), jwe).error(), Fault::encryption);
  EXPECT_EQ(unwrap_session_key(transport_key(), encrypt_answer(session_key, {})).error(), Fault::algorithm);
}

TEST(Jwe, ASessionKeyIsAlsoTheKeyOfAnEmptyObject) {  // for readers that look at all of it
  const std::string text = wrap_session_key(transport_key().public_key(), session_key);
  const auto jwe = parse_jwe(text);
  const auto content =
      decrypt_gcm(session_key, jwe->initial_vector, as_bytes(jwe->protected_text), jwe->ciphertext, jwe->tag);
  ASSERT_TRUE(content);
  EXPECT_EQ(as_text(content->bytes()), "{}");
}

TEST(Jwe, AnAnswerLooksAsClientsReadIt) {
  const std::string text = encrypt_answer(session_key, as_bytes(plain));
  const json::Json header = header_of(text);
  EXPECT_EQ(header.size(), 3U);
  EXPECT_EQ(header["alg"], "dir");
  EXPECT_EQ(header["enc"], "A256GCM");
  const auto context = octets_of_base64(header["ctx"].get<std::string>());
  ASSERT_TRUE(context);
  const auto jwe = parse_jwe(text);
  ASSERT_TRUE(jwe);
  EXPECT_TRUE(jwe->encrypted_key.empty());
  EXPECT_EQ(jwe->initial_vector.size(), 16U) << "by which they know CBC";
  EXPECT_EQ(jwe->tag.size(), 16U);
  // They derive the key, decrypt CBC and take the padding off.
  const auto read = decrypt_cbc(encryption_key(session_key, *context), jwe->initial_vector, jwe->ciphertext);
  ASSERT_TRUE(read);
  EXPECT_EQ(as_text(read->bytes()), plain);
}

TEST(Jwe, AnAnswerOfAnySizeIsDecryptedAgain) {
  for (std::size_t size = 0; size < 70; ++size) {
    const Octets octets(size, static_cast<std::uint8_t>(size));
    const auto read = decrypt_answer(session_key, encrypt_answer(session_key, octets));
    ASSERT_TRUE(read);
    EXPECT_EQ(as_octets(read->bytes()), octets);
  }
}

TEST(Jwe, AnAnswerThatWasChangedIsNone) {
  const std::string text = encrypt_answer(session_key, as_bytes(plain));
  EXPECT_EQ(decrypt_answer(other_key, text).error(), Fault::encryption);
  for_each_change(text, [](const std::string& changed, std::size_t at) {
    EXPECT_FALSE(decrypt_answer(session_key, changed)) << at;
  });
}

TEST(Jwe, WhatIsSealedIsOpenedByItsKeyAlone) {
  const std::string text = seal(session_key, "7", as_bytes(plain));
  EXPECT_EQ(header_of(text), (json::Json{{"alg", "dir"}, {"enc", "A256GCM"}, {"kid", "7"}}));
  const auto read = unseal(session_key, text);
  ASSERT_TRUE(read);
  EXPECT_EQ(as_text(read->bytes()), plain);
  EXPECT_EQ(unseal(other_key, text).error(), Fault::encryption);
  EXPECT_EQ(unseal(session_key, encrypt_answer(session_key, as_bytes(plain))).error(), Fault::encryption);
  for_each_change(text, [](const std::string& changed, std::size_t at) {
    EXPECT_FALSE(unseal(session_key, changed)) << at;
  });
}

TEST(Jwe, HasFivePartsOfBase64url) {
  for (const std::string_view text : {"", "....", "e30.a.a.a", "e30.AAAA.AAAA.AAAA.AAAA.AAAA",
                                      "e30.AA==.AAAA.AAAA.AAAA", "W10.AAAA.AAAA.AAAA.AAAA"}) {
    const auto jwe = parse_jwe(text);
    ASSERT_FALSE(jwe) << text;
    EXPECT_EQ(jwe.error(), Fault::malformed) << text;
  }
  EXPECT_EQ(parse_jwe(std::string(max_jwe + 1, 'A')).error(), Fault::too_large);
}

TEST(Jwe, MembersOfTheHeaderHaveTheirTypes) {
  EXPECT_EQ(parse_jwe(jwe_with(R"({"alg":"dir","enc":"A256GCM","crit":[]})")).error(), Fault::critical);
  for (const char* header :
       {"{}", R"({"alg":"dir"})", R"({"alg":"dir","enc":1})", R"({"alg":"dir","enc":"a","zip":"DEF"})",
        R"({"alg":"dir","enc":"a","ctx":"AAAA"})", R"({"alg":"dir","enc":"a","ctx":null})"}) {
    const auto jwe = parse_jwe(jwe_with(header));
    ASSERT_FALSE(jwe) << header;
    EXPECT_EQ(jwe.error(), Fault::header) << header;
  }
}

TEST(Jwe, OtherAlgorithmsAreNotDecrypted) {
  for (const char* header :
       {R"({"alg":"RSA-OAEP-256","enc":"A256GCM"})", R"({"alg":"RSA1_5","enc":"A256GCM"})",
        R"({"alg":"RSA-OAEP","enc":"A128CBC-HS256"})", R"({"alg":"A256KW","enc":"A256GCM"})"}) {
    EXPECT_EQ(wrapped_session_key(jwe_with(header)).error(), Fault::algorithm) << header;
    EXPECT_EQ(decrypt_answer(session_key, jwe_with(header)).error(), Fault::algorithm) << header;
    EXPECT_EQ(unseal(session_key, jwe_with(header)).error(), Fault::algorithm) << header;
  }
  EXPECT_EQ(unseal(session_key, jwe_with(R"({"alg":"dir","enc":"A256GCM"})")).error(), Fault::algorithm)
      << "no key stands in one that is direct";
  EXPECT_EQ(decrypt_answer(session_key, seal(session_key, "7", {})).error(), Fault::header);
}

}  // namespace
}  // namespace ferryman::jose
