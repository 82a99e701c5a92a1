#include "machine/userdb.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace ferryman::machine {
namespace {

using nlohmann::json;

Accounts some_accounts() {
  Accounts accounts;
  accounts.asked = 1'800'000'000;
  accounts.users = {
      {"00000000-0000-0000-0000-000000000001",
       "alice",
       "alice@example.com",
       "Alice",
       5001,
       6000,
       false,
       {6000, 6001}},
      {"00000000-0000-0000-0000-000000000002", "bob", "bob@example.com", "", 5002, 6000, false, {6000}},
      {"00000000-0000-0000-0000-000000000003", "root", "root@example.com", "", 5003, 6000, false, {6001}},
      {"00000000-0000-0000-0000-000000000004", "carol", "carol@example.com", "", 33, 6000, false, {6001}},
      {"00000000-0000-0000-0000-000000000005", "dave", "dave@example.com", "", 5001, 6000, false, {6001}},
      {"00000000-0000-0000-0000-000000000006", "erin", "erin@example.com", "", 5006, 42, false, {6001}}};
  accounts.groups = {{"Domain Users", 6000}, {"staff", 6001}, {"shadow", 6002}};
  accounts.users[0].groups.push_back(6002);
  return accounts;
}

Config some_config() {
  Config config;
  config.groups = {"staff"};
  config.local_groups = {{"staff", "sudo"}};
  return config;
}

const LocalNames& local_names() {
  static const LocalNames names = parse_local_names(
      "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/false\n", "root:x:0:\nsudo:x:27:\nshadow:x:42:\n");
  return names;
}

class UserdbTest : public testing::Test {
 protected:
  std::vector<json> ask(Call call) {
    if (call.service.empty()) call.service = userdb_service;
    Replies replies = Replies::to(call, table_);
    std::string out;
    replies.write(out, std::string::npos);
    EXPECT_TRUE(replies.done());
    std::vector<json> messages;
    while (!out.empty()) {
      messages.push_back(json::parse(out.substr(0, out.find('\0'))));
      out.erase(0, out.find('\0') + 1);
    }
    return messages;
  }
  std::string error(const Call& call) { return ask(call).at(0).value("error", ""); }

  static Call user(std::string name) {
    Call call{.method = Call::Method::get_user_record};
    call.user_name = std::move(name);
    return call;
  }

  std::shared_ptr<const UserTable> table_ =
      std::make_shared<UserTable>(some_accounts(), some_config(), local_names());
};

TEST_F(UserdbTest, AUserIsToldWithTheServicesName) {
  const auto record = ask(user("alice")).at(0).at("parameters").at("record");
  EXPECT_EQ(record.at("uid"), 5001);
  EXPECT_EQ(record.at("gid"), 6000);
  EXPECT_EQ(record.at("homeDirectory"), "/home/alice");
  EXPECT_EQ(record.at("service"), userdb_service);
}

TEST_F(UserdbTest, WhoMayNotLogOnIsUnknown) {
  EXPECT_EQ(error(user("bob")), no_record_found);
}

TEST_F(UserdbTest, WhatTheMachineHasItselfStays) {
  EXPECT_EQ(error(user("root")), no_record_found) << "the name is taken";
  EXPECT_EQ(error(user("carol")), no_record_found) << "the uid is taken";
  EXPECT_EQ(error(user("dave")), no_record_found) << "the uid is alice's";
  EXPECT_EQ(error(user("erin")), no_record_found) << "the primary group is one of the machine's";
  Call group{.method = Call::Method::get_group_record};
  group.group_name = "shadow";
  EXPECT_EQ(error(group), no_record_found);
  Call members{.method = Call::Method::get_memberships, .more = true};
  members.group_name = "shadow";
  EXPECT_EQ(error(members), no_record_found) << "a tenant's group gives no rights of a local one";
}

TEST_F(UserdbTest, MembershipsAreThoseOfTheTenantAndWhatIsMapped) {
  Call call{.method = Call::Method::get_memberships, .more = true};
  call.user_name = "alice";
  std::vector<std::string> groups;
  for (const auto& message : ask(call)) groups.push_back(message.at("parameters").at("groupName"));
  EXPECT_EQ(groups, (std::vector<std::string>{"Domain Users", "staff", "sudo"}));
  EXPECT_TRUE(ask(call).front().at("continues"));
  EXPECT_FALSE(ask(call).back().contains("continues"));
}

TEST_F(UserdbTest, AListNeedsMore) {
  EXPECT_EQ(error({.method = Call::Method::get_user_record}), expected_more);
}

TEST_F(UserdbTest, ConflictsAndOtherServicesAreTold) {
  Call call = user("alice");
  call.uid = 1;
  EXPECT_EQ(error(call), conflicting_record);
  call = user("alice");
  call.service = "io.systemd.Multiplexer";
  EXPECT_EQ(error(call), bad_service);
  EXPECT_EQ(error({}), method_not_found);
}

TEST_F(UserdbTest, ALongListComesInParts) {
  Accounts accounts;
  Config config;
  for (std::uint32_t i = 0; i < 100; ++i) {
    config.users.push_back("user" + std::to_string(i));
    accounts.users.push_back({"id", config.users.back(), "", "", 5000 + i, 6000, false, {}});
  }
  Call call{.method = Call::Method::get_user_record, .service = userdb_service, .more = true};
  Replies replies = Replies::to(call, std::make_shared<UserTable>(accounts, config, LocalNames{}));
  std::string out;
  std::size_t parts = 0, messages = 0;
  while (!replies.done()) {
    replies.write(out, 1000);
    EXPECT_LT(out.size(), 2000U);
    messages += static_cast<std::size_t>(std::ranges::count(out, '\0'));
    out.clear();
    ++parts;
  }
  EXPECT_GT(parts, 10U);
  EXPECT_EQ(messages, 100U);
}

}  // namespace
}  // namespace ferryman::machine
