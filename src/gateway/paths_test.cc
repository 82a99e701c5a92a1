#include "gateway/paths.h"

#include <gtest/gtest.h>

namespace ferryman::gateway {
namespace {

TEST(SamePath, TakesEitherCaseAndOneSlashAtTheEnd) {
  for (const char* path : {"/KdcProxy", "/kdcproxy", "/KDCPROXY/", "/KdcProxy/"}) {
    EXPECT_TRUE(same_path("/KdcProxy", path)) << path;
    EXPECT_TRUE(same_path("/KdcProxy/", path)) << path;
  }
  EXPECT_TRUE(same_path("/", "/"));
}

TEST(SamePath, IsNoPrefix) {
  for (const char* path :
       {"", "/", "/KdcProx", "/KdcProxy//", "/KdcProxy/x", "//KdcProxy", "/KdcProxyx", "KdcProxy/"})
    EXPECT_FALSE(same_path("/KdcProxy", path)) << path;
}

}  // namespace
}  // namespace ferryman::gateway
