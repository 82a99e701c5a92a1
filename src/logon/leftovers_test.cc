#include "logon/leftovers.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace ferryman::logon {
namespace {

// The number of a process that is gone.
pid_t gone() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST(Leftovers, AreOfTheUserAndOfProcessesThatAreGone) {
  std::string users = std::filesystem::temp_directory_path() / "users.XXXXXX";
  ASSERT_NE(::mkdtemp(users.data()), nullptr);
  const std::string path = users + "/1001", dead = std::to_string(gone()),
                    alive = std::to_string(::getppid());
  const std::vector<std::string> left{"1001-new-" + dead, "1001-old-" + dead,
                                      "1001-new-" + std::to_string(::getpid())},
      kept{"1001", "1001-new-" + alive, "10011-new-" + dead, "1001-new-", "1001-new-x", "2001-old-" + dead};
  for (const auto& names : {left, kept})
    for (const std::string& each : names) {
      std::filesystem::create_directory(users + "/" + each);
      std::ofstream(users + "/" + each + "/user.pem") << "a key";
    }
  EXPECT_EQ(own_directory(path, "new"), users + "/" + left.back());
  remove_leftovers(path);
  for (const std::string& each : left) EXPECT_FALSE(std::filesystem::exists(users + "/" + each)) << each;
  for (const std::string& each : kept) EXPECT_TRUE(std::filesystem::exists(users + "/" + each)) << each;
  std::filesystem::remove_all(users);
}

}  // namespace
}  // namespace ferryman::logon
