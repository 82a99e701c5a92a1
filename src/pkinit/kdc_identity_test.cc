#include "pkinit/kdc_identity.h"

#include <gtest/gtest.h>

#include "pkinit/kdc_authority.h"
#include "pkinit/test_certificates.h"

namespace ferryman::pkinit {
namespace {

const KdcIdentity& issued() {
  static const KdcIdentity identity =
      KdcAuthority::make("EXAMPLE.COM", {now, now + day}).issue("EXAMPLE.COM", {now, now + day});
  return identity;
}

Octets pem_of_key(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  const OwnedBio out(must(BIO_new(BIO_s_mem())));
  const unsigned char word[] = {'w'};
  must(PEM_write_bio_PrivateKey(out.get(), key, cipher, cipher == nullptr ? nullptr : word,
                                cipher == nullptr ? 0 : 1, nullptr, nullptr));
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  const Bytes octets = as_bytes({text, static_cast<std::size_t>(size)});
  return {octets.begin(), octets.end()};
}

TEST(KdcIdentity, IsReadFromPem) {
  const auto certificates = read_certificates(pem_of<PEM_write_bio_X509>(issued().certificate.openssl()));
  ASSERT_TRUE(certificates);
  ASSERT_EQ(certificates->size(), 1U);
  EXPECT_TRUE(certificates->front() == issued().certificate);
  const auto key = read_private_key(pem_of_key(issued().key.openssl()));
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->public_key() == issued().certificate.key());
}

TEST(KdcIdentity, SaysWhatCannotBeRead) {
  EXPECT_EQ(read_certificates({}).error().fault, Fault::missing_field);
  EXPECT_EQ(read_certificates(as_bytes("no PEM")).error().fault, Fault::missing_field);
  EXPECT_EQ(read_certificates(as_bytes("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
                .error()
                .fault,
            Fault::wrong_value);
  EXPECT_FALSE(read_private_key({}));
  EXPECT_FALSE(read_private_key(as_bytes("no PEM")));
  EXPECT_FALSE(read_private_key(pem_of_key(ec_key().openssl(), EVP_aes_128_cbc()))) << "with a passphrase";
}

TEST(KdcIdentity, IsForTheRealmThatItNames) {
  const pki::Certificate& own = issued().certificate;
  EXPECT_TRUE(is_for_kdc(own));
  EXPECT_TRUE(names_a_kdc(own));
  EXPECT_TRUE(names_kdc_of(own, "EXAMPLE.COM"));
  EXPECT_FALSE(names_kdc_of(own, "EXAMPLE.ORG"));
  const auto users = pki::Certificate::of(TestCertificate{}.make().get()).value();
  EXPECT_FALSE(is_for_kdc(users));
  EXPECT_FALSE(names_a_kdc(users));
}

}  // namespace
}  // namespace ferryman::pkinit
