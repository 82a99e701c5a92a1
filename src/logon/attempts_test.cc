#include "logon/attempts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace ferryman::logon {
namespace {

constexpr std::int64_t now = 1'800'000'000;

TEST(AttemptsTest, TooManyWrongPinsPause) {
  machine::Config config;
  config.wrong_pins = 3;
  config.pause = std::chrono::seconds{60};
  EXPECT_EQ((Attempts{0, 2, now}).pause_left(config, now), 0);
  EXPECT_EQ((Attempts{0, 3, now}).pause_left(config, now), 60);
  EXPECT_EQ((Attempts{0, 9, now - 59}).pause_left(config, now), 1);
  EXPECT_EQ((Attempts{0, 9, now - 60}).pause_left(config, now), 0);
  EXPECT_EQ((Attempts{0, 9, now + 1000}).pause_left(config, now), 60) << "the clock was set back";
}

TEST(AttemptsTest, APauseThatBeganInTheFutureBeginsNow) {
  std::string directory = std::filesystem::temp_directory_path() / "attempts.XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const auto accounts = login::Accounts::open(directory).value();
  machine::Config config;
  config.pause = std::chrono::seconds{60};
  ASSERT_TRUE(write_attempts(accounts, {now, 9, now + 1000}).has_value());
  EXPECT_EQ(read_attempts(accounts, now)->pause_left(config, now), 60);
  EXPECT_EQ(read_attempts(accounts, now + 59)->pause_left(config, now + 59), 1) << "it goes by";
  const auto later = read_attempts(accounts, now + 60).value();
  EXPECT_EQ(later.pause_left(config, now + 60), 0);
  EXPECT_EQ(later.signed_in, now);
  std::filesystem::remove_all(directory);
}

TEST(AttemptsTest, ThePinAloneWillDoForAsLongAsIsAllowed) {
  machine::Config config;
  EXPECT_FALSE((Attempts{now}).may_be_offline(config, now)) << "by default never";
  config.offline = std::chrono::seconds{100};
  EXPECT_TRUE((Attempts{now - 99}).may_be_offline(config, now));
  EXPECT_FALSE((Attempts{now - 100}).may_be_offline(config, now));
  EXPECT_FALSE((Attempts{now + 1}).may_be_offline(config, now)) << "the clock was set back";
  EXPECT_FALSE(Attempts{}.may_be_offline(config, now)) << "she has never signed in";
}

}  // namespace
}  // namespace ferryman::logon
