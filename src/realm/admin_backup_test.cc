#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <filesystem>

#include "directory/names.h"
#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

using testing::StartsWith;

class AdminBackup : public AdministrationTest {
 protected:
  std::string piece(std::int64_t offset) {
    const std::string text = do_it("backup.read", {{"offset", offset}})["octets"];
    std::string octets(text.size() / 4 * 3, '\0');
    EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                    reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    octets.resize(octets.size() - (text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0));
    return octets;
  }
  void write_backup(const std::string& to) {
    std::ofstream stream(to, std::ios::binary);
    for (std::string octets = piece(0); !octets.empty(); octets = piece(stream.tellp())) stream << octets;
  }
};

TEST_F(AdminBackup, IsTheDatabaseAsItWas) {
  const std::string long_name(directory::max_display_name, 'x');  // so that few users make many octets
  for (int i = 0; i < 600; ++i)
    do_it("user.add", {{"name", "user" + std::to_string(i)}, {"display_name", long_name}});
  const std::int64_t size = do_it("backup.begin")["size"];
  do_it("user.add", {{"name", "later"}});
  write_backup(file("backup.db"));
  EXPECT_EQ(std::filesystem::file_size(file("backup.db")), static_cast<std::uintmax_t>(size));
  EXPECT_GT(size, 512 * 1024) << "it takes more than a piece";
  auto copy = directory::open_database({.location = file("backup.db")}, directory::master_key());
  ASSERT_TRUE(copy) << copy.error().text;
  EXPECT_TRUE((*copy)->check()->empty());
  EXPECT_TRUE((*copy)->find_account(tenant_, "user599"));
  EXPECT_FALSE((*copy)->find_account(tenant_, "later"));
}

TEST_F(AdminBackup, HasNoNameInTheDatabasesDirectory) {
  std::ofstream(file("copy")) << "left by a process that was killed";
  do_it("backup.begin");
  EXPECT_FALSE(std::filesystem::exists(file("copy")));
  EXPECT_FALSE(piece(0).empty());
}

TEST_F(AdminBackup, IsOfOneConnection) {
  EXPECT_THAT(refused("backup.read"), StartsWith("invalid backup.read: there is none"));
  do_it("backup.begin");
  session_ = Session{caller};
  EXPECT_THAT(refused("backup.read"), StartsWith("invalid "));
}

TEST_F(AdminBackup, IsAnEventAlsoWhereItFails) {
  do_it("backup.begin");
  Json event = last_event();
  EXPECT_EQ(event["action"], "backup.begin");
  EXPECT_EQ(event["uid"], caller.uid);
  EXPECT_EQ(event["result"], "success");
  piece(0);
  EXPECT_EQ(events().size(), 1U);
  std::filesystem::create_directories(file("copy/full"));
  EXPECT_THAT(refused("backup.begin"), StartsWith("already_exists The database cannot be copied"));
  event = last_event();
  EXPECT_EQ(event["result"], "failure");
  EXPECT_THAT(refused("backup.read"), StartsWith("invalid ")) << "the one before is gone, too";
  EXPECT_THAT(refused("backup.begin", {{"x", 1}}), StartsWith("invalid "));
  EXPECT_THAT(refused("backup.read", {{"offset", -1}}), StartsWith("invalid "));
}

}  // namespace
}  // namespace ferryman::realm
