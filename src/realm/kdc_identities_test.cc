#include "realm/kdc_identities.h"

#include <gmock/gmock.h>

#include "base/base64.h"
#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

constexpr std::int64_t day = 24 * 3600;

class KdcIdentitiesTest : public AdministrationTest {
 protected:
  // With a realm whose name is longer than a certificate's subject may be.
  KdcIdentitiesTest()
      : long_tenant_(
            *directory_->create_tenant({.name = "long"}, std::string(200, 'R'), directory::aes, now_)) {}

  pki::Certificate anchor(const std::string& tenant) {
    const Json shown = do_it("pkinit.anchor", Json::object(), tenant);
    return pki::Certificate::parse(*octets_of_base64(shown.at("certificate").get<std::string>())).value();
  }

  const directory::Tenant long_tenant_;
  KdcIdentities identities_{*directory_};
};

TEST_F(KdcIdentitiesTest, LeadToTheTenantsAnchor) {
  for (const directory::Tenant& tenant : {*directory_->tenant(tenant_), long_tenant_}) {
    const pki::Certificate known = anchor(tenant.settings.name);
    EXPECT_TRUE(known == anchor(tenant.settings.name)) << "it stays";
    const auto identity = identities_.of(tenant, now_);
    ASSERT_TRUE(identity) << identity.error().text;
    EXPECT_EQ(X509_verify((*identity)->certificate.openssl(), known.key().openssl()), 1);
    EXPECT_TRUE((*identity)->certificate.key() == (*identity)->key.public_key());
  }
  EXPECT_FALSE(anchor("example") == anchor("long"));
  EXPECT_THAT(refused("pkinit.anchor", {{"more", 1}}), testing::StartsWith("invalid"));
}

TEST_F(KdcIdentitiesTest, AreMadeAnewBeforeTheyEnd) {
  const auto at = [this](std::int64_t when) { return *identities_.of(long_tenant_, when); };
  const auto first = at(now_);
  EXPECT_EQ(at(now_ + 19 * day), first);
  const auto second = at(now_ + 21 * day);
  EXPECT_FALSE(second->certificate == first->certificate);
  EXPECT_GE(second->certificate.not_after(), now_ + 50 * day);
}

}  // namespace
}  // namespace ferryman::realm
