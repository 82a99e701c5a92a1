#include "forward/krb5_snippet.h"

#include <gtest/gtest.h>

namespace ferryman::forward {
namespace {

TEST(Krb5Snippet, PointsEachRealmAtTheForwarder) {
  EXPECT_EQ(krb5_snippet({"A.TEST", "B.TEST"}, "127.0.0.1", 88, 464),
            "# Written by ferryman forward: these realms are reached through it.\n[realms]\n"
            "    A.TEST = {\n        kdc = 127.0.0.1:88\n        kpasswd_server = 127.0.0.1:464\n    }\n"
            "    B.TEST = {\n        kdc = 127.0.0.1:88\n        kpasswd_server = 127.0.0.1:464\n    }\n");
}

TEST(Krb5Snippet, LeavesOutWhatIsNotServed) {
  EXPECT_EQ(krb5_snippet({"A.TEST"}, "[::1]", 88, 0).find("kpasswd_server"), std::string::npos);
}

TEST(WriteWhole, SaysWhyAFileCannotBeWritten) {
  const auto written = write_whole("/nonexistent/krb5.conf", "text");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace ferryman::forward
