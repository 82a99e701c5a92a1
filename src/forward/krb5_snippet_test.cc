#include "forward/krb5_snippet.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

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

class WriteSnippet : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "snippet-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string file() const { return directory_ + "/forward.conf"; }
  std::string content() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string directory_;
};

TEST_F(WriteSnippet, SaysWhyAFileCannotBeWritten) {
  const auto written = write_snippet("/nonexistent/krb5.conf", "text");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("No such file or directory"), std::string::npos);
}

TEST_F(WriteSnippet, ReplacesWhatItHasWrittenItself) {
  const std::string text = krb5_snippet({"A.TEST"}, "127.0.0.1", 88, 0);
  EXPECT_TRUE(write_snippet(file(), krb5_snippet({"B.TEST"}, "127.0.0.1", 88, 0)));
  EXPECT_TRUE(write_snippet(file(), text));
  EXPECT_EQ(content(), text);
}

TEST_F(WriteSnippet, LeavesWhatSomebodyElseHasWritten) {
  std::ofstream(file()) << "[libdefaults]\n";
  const auto written = write_snippet(file(), krb5_snippet({"A.TEST"}, "127.0.0.1", 88, 0));
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("has not written it"), std::string::npos);
  EXPECT_EQ(content(), "[libdefaults]\n");
  EXPECT_FALSE(write_snippet("/dev/null", ""));
}

TEST_F(WriteSnippet, MayBeReadByAllWhateverTheUmaskIs) {
  const mode_t before = ::umask(077);
  EXPECT_TRUE(write_snippet(file(), krb5_snippet({"A.TEST"}, "127.0.0.1", 88, 0)));
  ::umask(before);
  EXPECT_EQ(std::filesystem::status(file()).permissions(), std::filesystem::perms(0644));
}

}  // namespace
}  // namespace ferryman::forward
