#include "logon/private_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace ferryman::logon {
namespace {

TEST(PrivateCacheTest, RemovesWhatOneThatWasKilledHasLeft) {
  std::string directory = std::filesystem::temp_directory_path() / "private.XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  for (const char* name : {"/ticket-1", "/ticket-1.AD.TEST", "/attempts.json"})
    std::ofstream(directory + name) << "something";
  {
    const PrivateCache cache(directory);
    EXPECT_FALSE(std::filesystem::exists(directory + "/ticket-1"));
    EXPECT_FALSE(std::filesystem::exists(directory + "/ticket-1.AD.TEST"));
    EXPECT_FALSE(cache.contents());
    std::ofstream(directory + "/ticket-" + std::to_string(::getpid())) << "tickets";
    EXPECT_TRUE(cache.contents());
  }
  EXPECT_TRUE(std::filesystem::remove(directory + "/attempts.json"));
  EXPECT_TRUE(std::filesystem::is_empty(directory));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace ferryman::logon
