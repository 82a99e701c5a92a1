#include "jose/session_key.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <string>

#include "crypto/openssl.h"
#include "pki/library.h"
#include "pki/owned.h"

namespace ferryman::jose {
namespace {

using pki::must;

Octets as_octets(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

// OpenSSL's own implementation of SP 800-108.
Octets kbkdf(Bytes key, std::string_view label, Bytes context) {
  const Owned<EVP_KDF, EVP_KDF_free> kdf(must(EVP_KDF_fetch(nullptr, "KBKDF", nullptr)));
  const Owned<EVP_KDF_CTX, EVP_KDF_CTX_free> run(must(EVP_KDF_CTX_new(kdf.get())));
  std::string mode("counter"), mac("HMAC"), digest("SHA256"), salt(label);
  Octets secret = as_octets(key), info = as_octets(context), out(32);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode.data(), 0),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, mac.data(), 0),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  must(EVP_KDF_derive(run.get(), out.data(), out.size(), parameters));
  return out;
}

const Octets session_key(32, 7), context(24, 9);
constexpr std::string_view label = "AzureAD-SecureConversation", payload = R"({"a":1})";

TEST(SessionKey, IsDerivedAsOpensslDoes) {
  EXPECT_EQ(as_octets(derive_key(session_key, "x", context)), kbkdf(session_key, "x", context));
  EXPECT_EQ(as_octets(encryption_key(session_key, context)), kbkdf(session_key, label, context));
}

TEST(SessionKey, TheSecondVersionIsDerivedOfTheClaimsAsWell) {
  EXPECT_EQ(as_octets(signing_key(session_key, context, KdfVersion::v1, payload)),
            kbkdf(session_key, label, context));
  Octets hash(32);
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {context, as_bytes(payload)}, hash);
  EXPECT_EQ(as_octets(signing_key(session_key, context, KdfVersion::v2, payload)),
            kbkdf(session_key, label, hash));
  EXPECT_NE(as_octets(signing_key(session_key, context, KdfVersion::v2, "{}")),
            as_octets(signing_key(session_key, context, KdfVersion::v2, payload)));
}

}  // namespace
}  // namespace ferryman::jose
