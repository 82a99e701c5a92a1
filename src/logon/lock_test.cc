#include "logon/lock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

namespace ferryman::logon {
namespace {

TEST(LockTest, IsWaitedFor) {
  std::string directory = std::filesystem::temp_directory_path() / "lock.XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  auto first = login::Accounts::open(directory).value(), second = login::Accounts::open(directory).value();
  std::optional<Descriptor> held = first.lock().value();
  EXPECT_EQ(second.lock().error().fault, login::Fault::busy);
  std::thread holder([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    held.reset();
  });
  EXPECT_TRUE(wait_for_lock(second).has_value());
  holder.join();
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace ferryman::logon
