#include "keys/certificate_request.h"

#include <gtest/gtest.h>

#include "keys/software_store.h"
#include "keys/swtpm.h"
#include "keys/tpm_store.h"
#include "pki/certificate_request.h"

namespace ferryman::keys {
namespace {

void expect_requests(KeyStore& store) {
  for (const KeyUse use : {KeyUse::sign_rsa, KeyUse::sign_p256}) {
    const auto key = store.create(use, {});
    ASSERT_TRUE(key.has_value()) << key.error().text;
    const auto request = certificate_request(store, *key, "7E980AD9-B86D-4306-9425-9AC066FB014A");
    ASSERT_TRUE(request.has_value()) << request.error().text;
    const auto read = pki::parse_certificate_request(*request);
    ASSERT_TRUE(read.has_value()) << name(read.error().fault);
    EXPECT_EQ(*read, key->public_key);
  }
}

TEST(CertificateRequest, IsSignedByATpm) {
  const Swtpm tpm;
  expect_requests(*TpmStore::open(tpm.tcti()).value());
}

TEST(CertificateRequest, IsSignedByAKeyInAFile) {
  SoftwareStore store;
  expect_requests(store);
}

TEST(CertificateRequest, IsNoneWhereTheKeyHasAPin) {
  SoftwareStore store;
  const auto key = store.create(KeyUse::sign_p256, as_bytes("a long PIN"));
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(certificate_request(store, *key, "device").error().fault, KeyFault::wrong_pin);
}

}  // namespace
}  // namespace ferryman::keys
