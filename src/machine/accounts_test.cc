#include "machine/accounts.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "machine/config.h"

namespace ferryman::machine {
namespace {

constexpr char user[] =
    R"({"id":"0A000000-0000-0000-0000-000000000001","name":"alice","upn":"alice@example.com",)"
    R"("display_name":"Alice: \u202e, A.","uid":5000,"gid":6000,"disabled":false,"groups":[6000,0,6001]})";

std::string page(const std::string& users, const std::string& groups = "") {
  return R"({"time":1800000000,"users":[)" + users + R"(],"groups":[)" + groups + R"(],"next":""})";
}

std::optional<Page> parse(const std::string& text) {
  return parse_page(as_bytes(text));
}

TEST(AccountsTest, APageIsReadAndKept) {
  const auto read = parse(page(user, R"({"name":"Domain Users","gid":6000})"));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->users.size(), 1U);
  EXPECT_EQ(read->users[0].id, "0a000000-0000-0000-0000-000000000001");
  EXPECT_EQ(read->users[0].groups, (std::vector<std::uint32_t>{6000, 6001})) << "root's group is none";
  EXPECT_EQ(read->users[0].display_name.find_first_of(":,"), std::string::npos);
  EXPECT_TRUE(read->offline_logon) << "where nothing is said";
  const Accounts accounts{read->time, false, read->users, read->groups};
  const auto again = parse_accounts(as_bytes(accounts_text(accounts)));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->users, accounts.users);
  EXPECT_EQ(again->groups, accounts.groups);
  EXPECT_EQ(again->asked, accounts.asked);
  EXPECT_FALSE(again->offline_logon);
}

TEST(AccountsTest, WhatThisMachineCannotHaveIsLeftOut) {
  for (const auto& [from, to] : {std::pair(R"("uid":5000)", R"("uid":0)"),
                                 {R"("uid":5000)", R"("uid":999)"},
                                 {R"("uid":5000)", R"("uid":4294967295)"},
                                 {R"("uid":5000)", R"("uid":4294967296)"},
                                 {R"("uid":5000)", R"("uid":-5000)"},
                                 {R"("gid":6000)", R"("gid":27)"},
                                 {R"("name":"alice")", R"("name":"../alice")"},
                                 {R"("name":"alice")", R"("name":"a:b")"},
                                 {R"("name":"alice")", R"("name":"5000")"},
                                 {R"("name":"alice")", R"("name":"-a")"},
                                 {R"("name":"alice")", R"("name":"")"},
                                 {R"("disabled":false)", R"("disabled":0)"},
                                 {R"("id":"0A)", R"("id":"ZZ)"}}) {
    std::string text = user;
    text.replace(text.find(from), std::string(from).size(), to);
    const auto read = parse(page(text));
    ASSERT_TRUE(read) << text;
    EXPECT_TRUE(read->users.empty()) << text;
  }
}

TEST(AccountsTest, WhatIsNoPageIsNone) {
  for (const auto* text :
       {"", "{}", "[]", R"({"time":-1,"users":[],"groups":[],"next":""})",
        R"({"time":1,"users":{},"groups":[],"next":""})", R"({"time":1,"users":[],"groups":[]})"})
    EXPECT_FALSE(parse(text)) << text;
}

TEST(ConfigTest, WhatIsWrongIsTold) {
  constexpr char base[] = "url = \"https://gateway.example.com\"\ntenant = \"example\"\n";
  Config config;
  EXPECT_TRUE(parse_config(base, "f", config).empty());
  EXPECT_TRUE(parse_config(std::string(base) +
                               "[allow]\ngroups = [\"staff\"]\n[local_groups]\n\"Server Admins\" = "
                               "\"sudo\"\n[logon]\noffline = \"7d\"\n",
                           "f", config)
                  .empty());
  EXPECT_EQ(config.local_groups.at("Server Admins"), "sudo");
  EXPECT_EQ(config.offline, std::chrono::hours{7 * 24});
  for (const std::string wrong : {"", "url = \"http://a\"\ntenant = \"a\"\n", "url = \"https://a\"\n"})
    EXPECT_FALSE(parse_config(wrong, "f", config).empty()) << wrong;
  for (const std::string more : {"alow = 1\n", "[users]\nhome = \"/home/all\"\n", "[users]\nshell = \"sh\"\n",
                                 "[local_groups]\na = 1\n", "[logon]\noffline = \"long\"\n", "["})
    EXPECT_FALSE(parse_config(base + more, "f", config).empty()) << more;
}

TEST(AccountsTest, MoreThanIsReadAgainIsNotWritten) {
  std::string folder = testing::TempDir() + "accounts.XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string file = folder + "/accounts.json";
  Accounts accounts;
  ASSERT_TRUE(store_accounts(file, accounts));
  accounts.users.resize(2000, User{"id", "user", "", "", 5000, 6000, false, {}});
  for (User& user : accounts.users) user.groups.resize(max_groups_of_user, 4'000'000'000);
  EXPECT_FALSE(store_accounts(file, accounts));
  const auto kept = load_accounts(file);
  ASSERT_TRUE(kept) << kept.error();
  EXPECT_TRUE((*kept)->users.empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ferryman::machine
