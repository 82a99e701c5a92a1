#include "net/file_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ferryman::net {
namespace {

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    directory_ = std::filesystem::temp_directory_path() / ("watch_" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory_);
    write("cert.pem", "one");
  }
  ~FileWatchTest() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(directory_ / name) << text; }
  std::string path(const std::string& name) const { return directory_ / name; }

  std::filesystem::path directory_;
};

TEST_F(FileWatchTest, TellsEachChangeOnce) {
  FileWatch watch({path("cert.pem")});
  EXPECT_FALSE(watch.changed());
  write("cert.pem", "other");
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
}

TEST_F(FileWatchTest, SeesAFileThatIsReplacedByRename) {
  FileWatch watch({path("cert.pem")});
  write("new.pem", "two");
  std::filesystem::rename(path("new.pem"), path("cert.pem"));
  EXPECT_TRUE(watch.changed());
}

TEST_F(FileWatchTest, SeesASymbolicLinkThatIsSwapped) {
  std::filesystem::create_symlink(path("cert.pem"), path("link.pem"));
  FileWatch watch({path("link.pem")});
  write("two.pem", "two");
  std::filesystem::remove(path("link.pem"));
  std::filesystem::create_symlink(path("two.pem"), path("link.pem"));
  EXPECT_TRUE(watch.changed());
}

TEST_F(FileWatchTest, SeesAFileComeAndGo) {
  FileWatch watch({path("late.pem")});
  write("late.pem", "x");
  EXPECT_TRUE(watch.changed());
  std::filesystem::remove(path("late.pem"));
  EXPECT_TRUE(watch.changed());
}

}  // namespace
}  // namespace ferryman::net
