#include "signin/posix_accounts.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "directory/test_tools.h"
#include "signin/tokens.h"

namespace ferryman::signin {
namespace {

using nlohmann::json;

class PosixAccountsTest : public directory::DirectoryTest {
 protected:
  PosixAccountsTest() {
    settings_.url = "https://gateway.example.com", settings_.tenant = "example";
    machine_ = user("machine-1");
    alice_ = user("alice", {"alice@example.test"});
    join(directory_readers, machine_);
    join("staff", alice_);
  }

  void join(std::string_view name, const directory::Account& account) {
    auto group = directory_->find_group(tenant_, name);
    if (!group) group = directory_->create_group(tenant_, {.name = std::string(name)});
    ASSERT_TRUE(group && directory_->join_group(tenant_, group->id, account.id));
  }

  Realm realm() {
    return {*directory_,
            *directory_,
            attempts_,
            policy_,
            settings_,
            keys_,
            Nonces::Time(std::chrono::seconds(directory::now))};
  }

  Answer ask(const directory::Account& who, std::string query, std::string_view tenant_name = "example") {
    const Realm here = realm();
    const auto tenant = directory_->tenant(tenant_);
    const auto token = access_token(here, **keys_of(here, *tenant), {*tenant, who}, registration_audience);
    local::HttpRequest request;
    request.method = "GET";
    request.path = "/example/posix/accounts";
    request.query = query;
    const std::string bearer = "Bearer " + *token;
    request.fields.push_back({"Authorization", bearer});
    return posix_accounts(here, request, tenant_name);
  }

  Settings settings_;
  account::Policy policy_;
  account::Attempts attempts_;
  Keys keys_{*directory_};
  directory::Account machine_, alice_;
};

TEST_F(PosixAccountsTest, AReaderLearnsOfAUser) {
  const auto answer = ask(machine_, "user=alice");
  ASSERT_EQ(answer.response.status, 200) << answer.response.body;
  const auto body = json::parse(answer.response.body);
  const auto user = body.at("users").at(0);
  EXPECT_EQ(user.at("name"), "alice");
  EXPECT_EQ(user.at("upn"), "alice@example.test");
  EXPECT_EQ(user.at("uid"), alice_.uid);
  EXPECT_FALSE(user.at("disabled"));
  std::set<std::string> names;
  for (const auto& group : body.at("groups")) names.insert(group.at("name"));
  EXPECT_EQ(names, (std::set<std::string>{"Domain Users", "staff"}));
  EXPECT_EQ(user.at("groups").size(), 2U);
}

TEST_F(PosixAccountsTest, OthersLearnOfThemselvesAlone) {
  EXPECT_EQ(ask(alice_, "user=alice").response.status, 200);
  const auto there = ask(alice_, "user=machine-1"), nowhere = ask(alice_, "user=mallory");
  EXPECT_EQ(there.response.status, 403);
  EXPECT_EQ(there.response.body, nowhere.response.body) << "nobody learns who there is";
  EXPECT_EQ(ask(alice_, "group=staff").response.status, 403);
}

TEST_F(PosixAccountsTest, AGroupComesInPages) {
  std::set<std::string> wanted{"alice"};
  for (int i = 0; i < 250; ++i) {
    const std::string name = "user" + std::to_string(i);
    join("staff", user(name));
    wanted.insert(name);
  }
  for (const auto* group : {"staff", "Domain%20Users"}) {
    std::set<std::string> names;
    std::string next;
    int pages = 0;
    do {
      const auto answer = ask(machine_, std::string("group=") + group + "&after=" + next);
      ASSERT_EQ(answer.response.status, 200);
      EXPECT_LT(answer.response.body.size(), max_posix_answer);
      const auto body = json::parse(answer.response.body);
      for (const auto& user : body.at("users")) EXPECT_TRUE(names.insert(user.at("name")).second);
      next = body.at("next");
    } while (!next.empty() && ++pages < 100);
    EXPECT_GT(pages, 1);
    names.erase("machine-1");
    EXPECT_EQ(names, wanted) << group;
  }
}

TEST_F(PosixAccountsTest, WhoIsDisabledIsToldAsThat) {
  auto settings = alice_.settings;
  settings.flags.disabled = true;
  ASSERT_TRUE(directory_->change_account(tenant_, alice_.id, directory::to(settings)));
  EXPECT_TRUE(json::parse(ask(machine_, "user=alice").response.body).at("users").at(0).at("disabled"));
  EXPECT_EQ(ask(alice_, "user=alice").response.status, 401);
}

TEST_F(PosixAccountsTest, WhatIsNoQuestionIsRefused) {
  for (const auto* query : {"", "user=a&user=b", "user=a&group=b", "group=a&after=1&after=2", "after=1"})
    EXPECT_EQ(ask(machine_, query).response.status, 400) << query;
  EXPECT_EQ(ask(machine_, "user=mallory").response.status, 404);
  EXPECT_EQ(ask(machine_, "group=nothing").response.status, 404);
  create_tenant("other");
  EXPECT_EQ(ask(machine_, "user=alice", "other").response.status, 403);
}

}  // namespace
}  // namespace ferryman::signin
