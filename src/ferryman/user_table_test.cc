#include "ferryman/user_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferryman {
namespace {

using admin::Json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> mistakes(std::string_view text) {
  return UserTable(text).mistakes();
}

std::vector<Json> users(std::string_view text) {
  UserTable table(text);
  EXPECT_THAT(table.mistakes(), IsEmpty());
  std::vector<Json> all;
  table.each([&](UserTable::User user) {
    all.push_back(std::move(user.arguments));
    return true;
  });
  return all;
}

TEST(UserTables, HaveAllThatAUserIsAddedWith) {
  EXPECT_THAT(
      users("Name, DISPLAY_NAME,upn,password,must_change,key_required,sensitive,disabled,expires,uid,groups\n"
            "alice,\"Alice, L.\",a@x.org; b@x.org, pass ,yes,no,TRUE,0,2027-01-31,5000,Domain Admins;Staff;\n"
            "bob,,,,,,,,never,,\n"),
      ElementsAre(Json{{"name", "alice"},
                       {"display_name", "Alice, L."},
                       {"upns", {"a@x.org", "b@x.org"}},
                       {"password", " pass "},
                       {"must_change", true},
                       {"key_required", false},
                       {"sensitive", true},
                       {"disabled", false},
                       {"expires", 1801353600},
                       {"uid", 5000},
                       {"groups", {"Domain Admins", "Staff"}}},
                  Json{{"name", "bob"}, {"expires", nullptr}}));
}

TEST(UserTables, NeedAHeaderWithTheirColumns) {
  EXPECT_THAT(mistakes("alice,bob\n"),
              ElementsAre(HasSubstr("line 1: there is no column \"alice\". Columns are: name,")));
  EXPECT_THAT(mistakes("\nname;upn\n"),
              ElementsAre(HasSubstr("line 2: there is no column \"name;upn\"; write commas")));
  EXPECT_THAT(mistakes("upn,groups\na@b,c\n"), ElementsAre(HasSubstr("has a column \"name\"")));
  EXPECT_THAT(mistakes("name,upn,Name\n"), ElementsAre(HasSubstr("the column name stands there twice")));
  EXPECT_THAT(mistakes("name,upn\n"), ElementsAre("there is no user in the table"));
  EXPECT_THAT(mistakes(""), ElementsAre("there is no user in the table"));
}

TEST(UserTables, TellAllMistakesWithTheirLines) {
  EXPECT_THAT(
      mistakes("name,must_change,expires,uid\n"
               "alice,perhaps,soon,12x\n"
               "\n"
               "bob,yes\n"
               ",yes,never,1000\n"
               "\xff,no,,\n"
               "ALICE,,,-1\n"),
      ElementsAre(HasSubstr("line 2: must_change: \"perhaps\" is neither yes nor no"),
                  HasSubstr("line 2: expires: \"soon\" is no time"),
                  HasSubstr("line 2: uid: \"12x\" is no number"),
                  HasSubstr("line 4: 2 fields, and the header has 4"), HasSubstr("line 5: the name is empty"),
                  HasSubstr("line 6: name is no UTF-8"), HasSubstr("line 6: the name is empty"),
                  HasSubstr("line 7: uid"), HasSubstr("line 7: ALICE stands in line 2 already")));
  EXPECT_THAT(mistakes("name\nalice\n\"bob"),
              ElementsAre(HasSubstr("line 3: has a \" that no other one closes")));
}

TEST(UserTables, AreNotUtf16) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"\xff\xfen\0a\0m\0e\0"sv, "\xfe\xff\0n\0a\0m\0e"sv, "n\0a\0"sv, "\0n\0a"sv})
    EXPECT_THAT(mistakes(text), ElementsAre(HasSubstr("UTF-16: save it as UTF-8")));
}

TEST(UserTables, TellNoMoreMistakesThanAnyoneReads) {
  std::string text = "name,uid\n";
  for (int i = 0; i < 1000; ++i) text += "u" + std::to_string(i) + ",x\n";
  EXPECT_EQ(mistakes(text).size(), 21);
  EXPECT_EQ(mistakes(text).back(), "there may be more");
}

TEST(UserTables, SayWhetherTheyHavePasswords) {
  for (const bool has : {true, false}) {
    UserTable table(has ? "name,password\nalice,x\n" : "name\nalice\n");
    EXPECT_THAT(table.mistakes(), IsEmpty());
    EXPECT_EQ(table.has_passwords(), has);
  }
}

}  // namespace
}  // namespace ferryman
