#include "login/state_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace ferryman::login {
namespace {

using testing::HasSubstr;

class StateDirectoryTest : public testing::Test {
 protected:
  StateDirectoryTest() {
    std::string name = std::filesystem::temp_directory_path() / "state.XXXXXX";
    above_ = ::mkdtemp(name.data());
  }
  ~StateDirectoryTest() override { std::filesystem::remove_all(above_); }

  std::string path() const { return above_ + "/local/state/ferryman"; }
  StateDirectory opened() const { return StateDirectory::open(path()).value(); }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
  }
  std::ptrdiff_t entries() const {
    return std::distance(std::filesystem::directory_iterator(path()), std::filesystem::directory_iterator());
  }

  std::string above_;
};

TEST_F(StateDirectoryTest, IsMadeForItsUserAlone) {
  EXPECT_FALSE(StateDirectory::find(path()).value().has_value());
  const mode_t before = ::umask(0);
  const StateDirectory directory = opened();
  EXPECT_TRUE(directory.write("user.pem", as_bytes("a key")).has_value());
  EXPECT_TRUE(directory.lock().has_value());
  ::umask(before);
  EXPECT_EQ(mode_of(above_ + "/local"), 0700U);
  EXPECT_EQ(mode_of(path()), 0700U);
  EXPECT_EQ(mode_of(path() + "/user.pem"), 0600U);
  EXPECT_EQ(mode_of(path() + "/lock"), 0600U);
  EXPECT_EQ(as_text(StateDirectory::find(path()).value()->read("user.pem").value()->bytes()), "a key");
}

TEST_F(StateDirectoryTest, ReplacesAndRemovesFiles) {
  const StateDirectory directory = opened();
  EXPECT_FALSE(directory.read("tokens").value().has_value());
  EXPECT_TRUE(directory.write("tokens", as_bytes("old")).has_value());
  EXPECT_TRUE(directory.write("tokens", as_bytes("")).has_value());
  EXPECT_EQ(directory.read("tokens").value()->size(), 0U);
  EXPECT_TRUE(directory.remove("tokens").has_value());
  EXPECT_TRUE(directory.remove("tokens").has_value()) << "gone already";
  EXPECT_FALSE(directory.read("tokens").value().has_value());
}

TEST_F(StateDirectoryTest, OpenToOthersIsRefused) {
  (void)opened();
  for (const mode_t mode : {0750U, 0701U, 0777U}) {
    ::chmod(path().c_str(), mode);
    const auto refused = StateDirectory::open(path());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().fault, Fault::unsafe);
    EXPECT_THAT(refused.error().text, HasSubstr("chmod 700 " + path()));
  }
}

TEST_F(StateDirectoryTest, OfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  (void)opened();
  ASSERT_EQ(::chown(path().c_str(), 12345, 12345), 0);
  const auto refused = StateDirectory::open(path());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().fault, Fault::unsafe);
  EXPECT_THAT(refused.error().text, HasSubstr("belongs to another user (uid 12345)"));
}

TEST_F(StateDirectoryTest, ThatIsALinkIsRefused) {
  (void)opened();
  std::filesystem::create_symlink(path(), above_ + "/link");
  EXPECT_FALSE(StateDirectory::open(above_ + "/link").has_value());
}

TEST_F(StateDirectoryTest, DoesNotReadWhatOthersCouldHaveWritten) {
  const StateDirectory directory = opened();
  ASSERT_TRUE(directory.write("user.pem", as_bytes("a key")).has_value());
  ::chmod((path() + "/user.pem").c_str(), 0640);
  const auto open_to_others = directory.read("user.pem");
  ASSERT_FALSE(open_to_others.has_value());
  EXPECT_EQ(open_to_others.error().fault, Fault::unsafe);
  EXPECT_THAT(open_to_others.error().text, HasSubstr("chmod 600 " + path() + "/user.pem"));

  std::ofstream(above_ + "/elsewhere") << "a key";
  ::chmod((above_ + "/elsewhere").c_str(), 0600);
  std::filesystem::create_symlink(above_ + "/elsewhere", path() + "/link.pem");
  EXPECT_FALSE(directory.read("link.pem").has_value());

  ASSERT_EQ(::mkfifo((path() + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(directory.read("pipe").error().fault, Fault::unsafe);

  std::ofstream(path() + "/large").close();
  ::chmod((path() + "/large").c_str(), 0600);
  std::filesystem::resize_file(path() + "/large", StateDirectory::max_file_size + 1);
  EXPECT_EQ(directory.read("large").error().fault, Fault::failed);
}

TEST_F(StateDirectoryTest, IsLockedByOneAtATime) {
  const StateDirectory directory = opened(), again = opened();
  {
    const auto held = directory.lock();
    ASSERT_TRUE(held.has_value());
    const auto refused = again.lock();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().fault, Fault::busy);
  }
  EXPECT_TRUE(again.lock().has_value());
}

TEST_F(StateDirectoryTest, LosesWhatKilledProcessesLeftWhenItIsLocked) {
  const StateDirectory directory = opened();
  ASSERT_TRUE(directory.write("user.pem", as_bytes("a key")).has_value());
  const std::string left = path() + "/user.pem.a1B2c3";
  std::ofstream(left) << "half a k";
  EXPECT_TRUE(directory.lock().has_value());
  EXPECT_EQ(entries(), 3) << "who writes it may be alive";
  std::filesystem::last_write_time(left,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::minutes(2));
  EXPECT_TRUE(directory.lock().has_value());
  EXPECT_EQ(entries(), 2) << "user.pem and lock";
  EXPECT_TRUE(directory.read("user.pem").value().has_value());
}

TEST_F(StateDirectoryTest, IsGoneAfterRemoveAll) {
  StateDirectory directory = opened();
  const auto held = directory.lock();
  ASSERT_TRUE(directory.write("user.pem", as_bytes("a key")).has_value());
  EXPECT_TRUE(std::move(directory).remove_all().has_value());
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_TRUE(std::filesystem::exists(above_ + "/local/state"));
}

TEST(DefaultStatePath, FollowsTheXdgSpecification) {
  ::setenv("HOME", "/home/alice", 1);
  ::setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(default_state_path(), "/state/ferryman");
  ::setenv("XDG_STATE_HOME", "relative", 1);
  EXPECT_EQ(default_state_path(), "/home/alice/.local/state/ferryman");
  ::unsetenv("XDG_STATE_HOME");
  EXPECT_EQ(default_state_path(), "/home/alice/.local/state/ferryman");
}

}  // namespace
}  // namespace ferryman::login
