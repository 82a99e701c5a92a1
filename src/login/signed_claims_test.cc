#include "login/signed_claims.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "jose/jws.h"
#include "jose/session_key.h"
#include "keys/software_store.h"
#include "pki/certificate.h"
#include "pki/device_ca.h"
#include "pki/key_credential.h"

namespace ferryman::login {
namespace {

using json::Json;

constexpr std::string_view pin = "a long PIN";

TEST(SignedClaims, OfADeviceNameItsCertificate) {
  keys::SoftwareStore store;
  const auto key = store.create(keys::KeyUse::sign_rsa, {}).value();
  const Octets certificate(10, 1);
  const Device device{store, key.kept.bytes(), {}, certificate};
  const auto text = sign_by_device(device, {{"scope", "openid"}});
  ASSERT_TRUE(text.has_value());
  const auto jws = jose::parse_jws(as_text(text->bytes()));
  ASSERT_TRUE(jws.has_value());
  EXPECT_TRUE(jose::verify(*jws, key.public_key).has_value());
  ASSERT_EQ(jws->header.certificates.size(), 1U);
  EXPECT_EQ(jws->header.certificates[0], certificate);
  EXPECT_EQ(jws->claims, (Json{{"scope", "openid"}}));
}

TEST(SignedClaims, OfAUserNameHerKey) {
  keys::SoftwareStore store;
  for (const auto use : {keys::KeyUse::sign_rsa, keys::KeyUse::sign_p256}) {
    const auto key = store.create(use, as_bytes(pin)).value();
    const auto text =
        sign_by_user({store, key.kept.bytes(), key.public_key, as_bytes(pin)}, {{"iss", "alice"}});
    ASSERT_TRUE(text.has_value());
    const auto jws = jose::parse_jws(as_text(text->bytes()));
    ASSERT_TRUE(jws.has_value());
    EXPECT_TRUE(jose::verify(*jws, key.public_key).has_value());
    EXPECT_EQ(jws->header.use, "ngc");
    EXPECT_EQ(jws->header.key_id, pki::key_id_text(key.public_key));
    const auto wrong = sign_by_user({store, key.kept.bytes(), key.public_key, as_bytes("wrong PIN")}, {});
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(wrong.error().fault, Fault::pin);
  }
}

TEST(SignedClaims, OfASessionHaveAKeyOfTheirOwnEachTime) {
  const Octets session_key(32, 3);
  Octets before;
  for (int i = 0; i < 2; ++i) {
    const Secret text = sign_by_session(session_key, {{"iss", "aad:brokerplugin"}});
    const auto jws = jose::parse_jws(as_text(text.bytes()));
    ASSERT_TRUE(jws.has_value());
    EXPECT_EQ(jws->header.kdf_version, jose::KdfVersion::v2);
    EXPECT_NE(jws->header.context, before);
    before = jws->header.context;
    const auto key =
        jose::signing_key(session_key, jws->header.context, jws->header.kdf_version, jws->payload);
    EXPECT_TRUE(jose::verify(*jws, Bytes(key)).has_value());
    EXPECT_FALSE(jose::verify(*jws, Bytes(session_key)).has_value());
  }
}

}  // namespace
}  // namespace ferryman::login
