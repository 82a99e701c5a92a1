#include "pkinit/kdc_anchors.h"

#include <gtest/gtest.h>

#include "pkinit/kdc_authority.h"
#include "pkinit/test_certificates.h"

namespace ferryman::pkinit {
namespace {

const KdcAuthority& authority() {
  static const KdcAuthority kept = KdcAuthority::make("EXAMPLE.COM", {now - day, now + 100 * day});
  return kept;
}
const KdcIdentity& kdc() {
  static const KdcIdentity kept = authority().issue("EXAMPLE.COM", {now - day, now + day});
  return kept;
}
KdcAnchors anchors_of(const pki::Certificate& certificate) {
  return KdcAnchors::parse(pem_of<PEM_write_bio_X509>(certificate.openssl())).value();
}

TEST(KdcAnchors, BelieveTheRealmsKdc) {
  const KdcAnchors anchors = anchors_of(authority().certificate());
  const auto opened = anchors.open(sign(kdc(), as_bytes("content")), "EXAMPLE.COM", now);
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_EQ(as_text(*opened), "content");
}

TEST(KdcAnchors, BelieveNobodyElse) {
  const KdcAnchors anchors = anchors_of(authority().certificate());
  const Octets signed_content = sign(kdc(), as_bytes("content"));
  EXPECT_FALSE(anchors.open(signed_content, "EXAMPLE.ORG", now)) << "another realm's";
  EXPECT_FALSE(anchors.open(signed_content, "EXAMPLE.COM", now + 2 * day)) << "out of date";
  EXPECT_FALSE(anchors.open(sign(kdc(), as_bytes("content"), content_type::auth_data), "EXAMPLE.COM", now));
  const KdcAuthority other = KdcAuthority::make("EXAMPLE.COM", {now - day, now + day});
  const KdcIdentity foreign = other.issue("EXAMPLE.COM", {now - day, now + day});
  EXPECT_FALSE(anchors.open(sign(foreign, as_bytes("content")), "EXAMPLE.COM", now));
  const pki::Certificate users = *pki::Certificate::of(TestCertificate{}.make().get());
  EXPECT_FALSE(anchors_of(users).open(sign({ec_key(), users}, as_bytes("content")), "EXAMPLE.COM", now))
      << "a user's";
  Octets bent = signed_content;
  bent.back() ^= 1;
  EXPECT_FALSE(anchors.open(bent, "EXAMPLE.COM", now));
  EXPECT_FALSE(anchors.open({}, "EXAMPLE.COM", now));
}

TEST(KdcAnchors, AreCertificates) {
  EXPECT_FALSE(KdcAnchors::parse({}));
  EXPECT_FALSE(KdcAnchors::parse(as_bytes("no PEM")));
}

}  // namespace
}  // namespace ferryman::pkinit
