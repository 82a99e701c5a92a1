#include "realm/try_database.h"

#include <gmock/gmock.h>

#include "directory/test_tools.h"

namespace ferryman::realm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TryDatabase : public directory::DirectoryTest {
 protected:
  std::vector<std::string> findings() {
    const auto found = try_database(*directory_, {}, directory::now);
    EXPECT_TRUE(found) << found.error().text;
    return found.value_or(std::vector<std::string>());
  }
  void execute(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
};

TEST_F(TryDatabase, FindsNothingInOneThatServes) {
  create_tenant("second", "OTHER.TEST");
  user("alice");
  EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(TryDatabase, FindsATenantWithoutKeys) {
  create_tenant("second");
  execute("DELETE FROM keys WHERE tenant = (SELECT id FROM tenants WHERE name = 'second')");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("the tenant second can issue no ticket")));
}

TEST_F(TryDatabase, FindsAKeyThatIsNotAsItWasWritten) {
  execute("UPDATE keys SET sealed = zeroblob(length(sealed))");
  EXPECT_FALSE(findings().empty());
}

}  // namespace
}  // namespace ferryman::realm
