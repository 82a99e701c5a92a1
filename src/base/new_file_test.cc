#include "base/new_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace ferryman {
namespace {

class CreateFile : public testing::Test {
 protected:
  CreateFile() {
    std::string name = testing::TempDir() + "new_file.XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~CreateFile() override { std::filesystem::remove_all(directory_); }

  std::string path() const { return directory_ + "/file"; }
  std::string text() const {
    std::ostringstream text;
    text << std::ifstream(path()).rdbuf();
    return text.str();
  }
  std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(directory_),
                         std::filesystem::directory_iterator());
  }

  std::string directory_;
  const Octets contents_{'a', 'b', 'c'};
};

TEST_F(CreateFile, MakesAFileOfThatModeWhateverTheUmaskIs) {
  const mode_t before = ::umask(0777);
  const auto made = create_file({path(), 0640}, contents_);
  ::umask(before);
  ASSERT_TRUE(made.has_value()) << made.error().message();
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  EXPECT_EQ(status.st_nlink, 1U);
  EXPECT_EQ(text(), "abc");
  EXPECT_EQ(files(), 1);
}

TEST_F(CreateFile, LeavesWhatIsThereAsItIs) {
  std::ofstream(path()) << "before";
  EXPECT_EQ(create_file({path()}, contents_).error(), std::errc::file_exists);
  EXPECT_EQ(text(), "before");
  EXPECT_EQ(files(), 1);
}

TEST_F(CreateFile, TakesThePlaceOfWhatIsThereWhereThatIsWanted) {
  std::ofstream(directory_ + "/elsewhere") << "before";
  std::filesystem::create_symlink(directory_ + "/elsewhere", path());
  ASSERT_TRUE(create_file({.path = path(), .replaces = true}, contents_).has_value());
  EXPECT_EQ(text(), "abc");
  EXPECT_FALSE(std::filesystem::is_symlink(path()));
  EXPECT_EQ(files(), 2) << "the link's other end is as it was";
}

TEST_F(CreateFile, FollowsNoLink) {
  std::filesystem::create_symlink(directory_ + "/elsewhere", path());
  EXPECT_EQ(create_file({path()}, contents_).error(), std::errc::file_exists);
  EXPECT_EQ(files(), 1);
}

TEST_F(CreateFile, SaysWhatHindersIt) {
  EXPECT_EQ(create_file({directory_ + "/none/file"}, contents_).error(),
            std::errc::no_such_file_or_directory);
}

TEST_F(CreateFile, GivesItToAnotherWhereRootMakesIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_TRUE(create_file({path(), 0600, FileOwner{1, 2}}, contents_).has_value());
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 1U);
  EXPECT_EQ(status.st_gid, 2U);
}

}  // namespace
}  // namespace ferryman
