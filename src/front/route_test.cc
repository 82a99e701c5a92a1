#include "front/route.h"

#include <gtest/gtest.h>

#include <string>

namespace ferryman::front {
namespace {

TEST(FindRoute, TakesATenantsKerberosWithoutCase) {
  for (const std::string_view path : {"/example/kerberos", "/example/KERBEROS", "/example/Kerberos/"}) {
    EXPECT_EQ(find_route(path).destination, Destination::kerberos) << path;
    EXPECT_EQ(find_route(path).tenant, "example") << path;
  }
}

TEST(FindRoute, TakesWhatBelongsToSignIn) {
  for (const std::string_view path :
       {"/", "/common/oauth2/token", "/T/OAUTH2/v2.0/token", "/T/.well-known/openid-configuration",
        "/T/v2.0/.well-known/openid-configuration", "/T/discovery/keys", "/T/UserRealm/a@example.test",
        "/T/Discover", "/T/device", "/T/me", "/T/me/keys", "/EnrollmentServer/device/",
        "/enrollmentserver/key/", "/odc/v2.1/federationProvider"}) {
    EXPECT_EQ(find_route(path).destination, Destination::sign_in) << path;
  }
  EXPECT_EQ(find_route("/T/oauth2/token").tenant, "T");
  EXPECT_EQ(find_route("/odc/v2.1/federationProvider").tenant, "");
}

TEST(FindRoute, LeavesTheRest) {
  for (const std::string_view path :
       {"", "*", "kerberos", "/kerberos", "//kerberos", "/T", "/T/", "/T/kerberos/x", "/T/kerberosx",
        "/T/oauth2", "/T/devices", "/T/mee", "/EnrollmentServer", "/KdcProxy", "/a/T/kerberos"}) {
    EXPECT_EQ(find_route(path).destination, Destination::none) << path;
  }
  EXPECT_EQ(find_route("/" + std::string(255, 't') + "/kerberos").destination, Destination::kerberos);
  EXPECT_EQ(find_route("/" + std::string(256, 't') + "/kerberos").destination, Destination::none);
}

}  // namespace
}  // namespace ferryman::front
