#include "realm/no_tenant.h"

#include <gtest/gtest.h>

#include <array>

#include "kerberos/encode.h"
#include "kerberos/krb_error.h"

namespace ferryman::realm {
namespace {

constexpr kdc::Now noon{1769860800, 0};
constexpr std::array<std::int32_t, 1> etypes{18};

TEST(NoTenant, IsAnErrorOfTheRequestsRealm) {
  const auto message = kerberos::make_as_req("alice", "OTHER.TEST", etypes);
  const local::KerberosRequest request{"g-1", "192.0.2.1:1", local::Transport::kkdcp, "other", "", message};
  const auto answer =
      answer_without_tenant(request, kerberos::error_code::wrong_realm, "no such tenant", noon);
  EXPECT_EQ(answer.code, 68);
  EXPECT_EQ(answer.client, "alice");
  EXPECT_EQ(answer.service, "krbtgt/OTHER.TEST");
  const auto error = kerberos::parse_krb_error(answer.message);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error_code, 68);
  EXPECT_EQ(error->realm, "OTHER.TEST");
  EXPECT_EQ(error->sname.component(0), "krbtgt");
  EXPECT_EQ(error->stime, "20260131120000Z");
}

TEST(NoTenant, AnswersWhatIsNoKerberosToo) {
  const local::KerberosRequest request{"g-1",   "192.0.2.1:1", local::Transport::kkdcp,
                                       "other", "CLOUD.TEST",  as_bytes("nonsense")};
  const auto answer =
      answer_without_tenant(request, kerberos::error_code::wrong_realm, "no such tenant", noon);
  const auto error = kerberos::parse_krb_error(answer.message);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->realm, "CLOUD.TEST");
}

}  // namespace
}  // namespace ferryman::realm
