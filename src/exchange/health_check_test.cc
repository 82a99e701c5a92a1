#include "exchange/health_check.h"

#include <gtest/gtest.h>

#include <string>

#include "kerberos/request.h"

namespace ferryman::exchange {
namespace {

TEST(HealthCheck, IsAnAsReqOfTheRealm) {
  const auto message = health_check_request("EXAMPLE.COM");
  const auto request = kerberos::parse_request(message);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, kerberos::RequestKind::as_req);
  EXPECT_EQ(request->realm(), "EXAMPLE.COM");
  EXPECT_TRUE(request->repeatable());
  ASSERT_TRUE(request->kdc_req->sname);
  std::string sname;
  request->kdc_req->sname->append_to(sname);
  EXPECT_EQ(sname, "krbtgt/EXAMPLE.COM");
}

TEST(HealthCheck, RefusesARealmThatIsTooLong) {
  EXPECT_TRUE(health_check_request(std::string(2000, 'R')).empty());
}

}  // namespace
}  // namespace ferryman::exchange
