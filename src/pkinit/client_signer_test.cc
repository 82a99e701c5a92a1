#include "pkinit/client_signer.h"

#include <gtest/gtest.h>

#include "pkinit/test_certificates.h"

namespace ferryman::pkinit {
namespace {

std::optional<Octets> sign_digest(const pki::PrivateKey& key, Bytes digest) {
  const pki::OwnedKeyContext context(must(EVP_PKEY_CTX_new(key.openssl(), nullptr)));
  must(EVP_PKEY_sign_init(context.get()));
  must(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()));
  std::size_t size = 0;
  must(EVP_PKEY_sign(context.get(), nullptr, &size, digest.data(), digest.size()));
  Octets signature(size);
  must(EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()));
  signature.resize(size);
  return signature;
}

TEST(ClientSigner, MakesWhatAKdcOpens) {
  for (const pki::PrivateKey* key : {&rsa_key(), &ec_key()}) {
    const ClientSigner signer{key->public_key(), [key](Bytes digest) { return sign_digest(*key, digest); }};
    const auto certificate = self_signed_certificate(signer, now);
    ASSERT_TRUE(certificate);
    const unsigned char* next = certificate->data();
    const OwnedCertificate read(d2i_X509(nullptr, &next, static_cast<long>(certificate->size())));
    ASSERT_TRUE(read);
    EXPECT_EQ(X509_verify(read.get(), key->openssl()), 1);
    const auto cms = sign_auth_pack(signer, *certificate, as_bytes("an AuthPack"));
    ASSERT_TRUE(cms);
    EXPECT_TRUE(verified_by_library(*cms));
    const auto opened = open_signed(*cms);
    ASSERT_TRUE(opened) << opened.error().reason;
    EXPECT_EQ(as_text(opened->content), "an AuthPack");
    EXPECT_TRUE(opened->certificate->is_self_issued);
    EXPECT_TRUE(opened->certificate->key == key->public_key());
  }
}

TEST(ClientSigner, SaysWhereThereIsNoSignature) {
  const ClientSigner signer{ec_key().public_key(), [](Bytes) { return std::nullopt; }};
  EXPECT_FALSE(self_signed_certificate(signer, now));
  const Octets certificate = der_of<i2d_X509>(TestCertificate{}.make().get());
  EXPECT_FALSE(sign_auth_pack(signer, certificate, as_bytes("an AuthPack")));
}

}  // namespace
}  // namespace ferryman::pkinit
