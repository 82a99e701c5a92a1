#include <atomic>
#include <set>
#include <thread>

#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

using Accounts = EachEngine;
FERRYMAN_ON_EACH_ENGINE(Accounts);

TEST_P(Accounts, AreReadAsTheyWereMade) {
  NewAccount wanted{.name = "Alice", .upns = {"a@example.org"}};
  wanted.settings.display_name = "Alice Liddell";
  wanted.settings.flags = {true, true, true, true, true, true, true};
  wanted.settings.expires = now + 5;
  wanted.settings.supported_enctypes = 0x18;
  const auto made = create(wanted);
  ASSERT_TRUE(done(made));
  const Account read = *directory_->find_account(tenant_, "aLICE");
  EXPECT_EQ(read.id, made->id);
  EXPECT_EQ(read.name, "Alice");
  EXPECT_EQ(read.upns, wanted.upns);
  EXPECT_EQ(read.settings.display_name, "Alice Liddell");
  EXPECT_EQ(read.settings.flags, wanted.settings.flags);
  EXPECT_EQ(read.settings.expires, now + 5);
  EXPECT_EQ(read.settings.supported_enctypes, 0x18U);
  EXPECT_EQ(read.created, now);
  EXPECT_EQ(read.kvno, 0U);
}

TEST_P(Accounts, HaveIdentifiersThatFollowFromTheirRid) {
  const Account alice = user("alice"), bob = user("bob");
  EXPECT_NE(alice.rid, bob.rid);
  EXPECT_EQ(alice.uid, first_posix_id + alice.rid);
  EXPECT_EQ(alice.gid, first_posix_id + rid::domain_users);
  const auto group = directory_->create_group(tenant_, {.name = "staff", .gid = 5000});
  ASSERT_TRUE(done(group));
  AccountSettings settings = alice.settings;
  settings.uid = 5000;  // as a gid, which is another space
  settings.primary_group = group->rid;
  ASSERT_TRUE(done(directory_->change_account(tenant_, alice.id, to(settings))));
  EXPECT_EQ(directory_->account(tenant_, alice.id)->uid, 5000U);
  EXPECT_EQ(directory_->account(tenant_, alice.id)->settings.uid, 5000U);
  EXPECT_EQ(directory_->account(tenant_, alice.id)->gid, 5000U);
  EXPECT_TRUE(refused(directory_->change_account(tenant_, bob.id, to(settings)), Reason::already_exists));
  settings.uid.reset();
  settings.primary_group = 4711;
  EXPECT_TRUE(refused(directory_->change_account(tenant_, bob.id, to(settings)), Reason::invalid));
  settings.primary_group = bob.rid;
  EXPECT_TRUE(refused(directory_->change_account(tenant_, bob.id, to(settings)), Reason::invalid))
      << "no group";
}

TEST_P(Accounts, GetNoIdentifierOfTheSystem) {
  AccountSettings settings;
  for (const std::uint32_t id : {0U, 999U, 65534U, 65535U, first_posix_id, 0xffffffffU}) {
    settings.uid = id;
    EXPECT_TRUE(refused(create({.name = "alice", .settings = settings}), Reason::invalid)) << id;
    EXPECT_TRUE(refused(directory_->create_group(tenant_, {.name = "staff", .gid = id}), Reason::invalid))
        << id;
  }
}

TEST_P(Accounts, NeverGetTheRidOfOneThatIsGone) {
  const Account alice = user("alice");
  ASSERT_TRUE(done(directory_->remove_account(tenant_, alice.id)));
  const Account again = user("alice");
  EXPECT_NE(again.rid, alice.rid);
  EXPECT_NE(again.id, alice.id);
}

TEST_P(Accounts, ShareNoNameOfAnyKind) {
  user("root");
  service("WEB$", {"host/web.example.com"});
  user("alice", {"alice@example.org"});
  for (const char* name : {"ROOT$", "root$", "web$"}) {
    EXPECT_TRUE(refused(create({.kind = AccountKind::service, .name = name}), Reason::already_exists))
        << name;
  }
  for (const char* name : {"Root", "web", "ALICE"})
    EXPECT_TRUE(refused(create({.name = name}), Reason::already_exists)) << name;
  EXPECT_TRUE(refused(create({.name = "bob", .upns = {"ALICE@example.org"}}), Reason::already_exists));
  EXPECT_TRUE(refused(create({.name = "bob", .spns = {"HOST/WEB.example.com"}}), Reason::already_exists));
  EXPECT_TRUE(refused(directory_->create_group(tenant_, {.name = "Alice"}), Reason::already_exists));
  EXPECT_EQ(create({.kind = AccountKind::service, .name = "ROOT$"}).error().text,
            "\"ROOT$\" is there already, as \"root\"");
  EXPECT_EQ(create({.name = "Root"}).error().text, "\"Root\" is there already, as \"root\"");
  EXPECT_TRUE(refused(directory_->find_account(tenant_, "bob"), Reason::not_found)) << "nothing is left";
}

TEST_P(Accounts, ShareNoNameThroughTheRealm) {
  const Account alice = user("alice");
  service("WEB$");
  EXPECT_TRUE(refused(create({.name = "eve", .upns = {"alice@example.com"}}), Reason::already_exists));
  EXPECT_TRUE(refused(create({.name = "eve", .upns = {"WEB$@EXAMPLE.COM"}}), Reason::already_exists));
  EXPECT_TRUE(refused(create({.name = "eve", .upns = {"web@EXAMPLE.COM"}}), Reason::already_exists));
  EXPECT_TRUE(done(directory_->add_upn(tenant_, alice.id, "alice@EXAMPLE.COM"))) << "her own";
  user("carol", {"first.last@EXAMPLE.COM", "box$@EXAMPLE.COM"});
  EXPECT_TRUE(refused(create({.name = "first.last"}), Reason::already_exists));
  EXPECT_TRUE(refused(create({.kind = AccountKind::service, .name = "BOX$"}), Reason::already_exists));
}

TEST_P(Accounts, OfDifferentTenantsDoNotMeet) {
  const TenantId other = create_tenant("other").id;
  const Account alice = user("alice");
  ASSERT_TRUE(done(directory_->create_account(other, {{.name = "alice"}}, now)));
  EXPECT_TRUE(refused(directory_->account(other, alice.id), Reason::not_found));
  EXPECT_TRUE(refused(directory_->principal(other, alice.id), Reason::not_found));
  EXPECT_TRUE(refused(directory_->remove_account(other, alice.id), Reason::not_found));
  EXPECT_TRUE(refused(directory_->change_account(other, alice.id, to({})), Reason::not_found));
  EXPECT_TRUE(refused(directory_->set_keys(other, alice.id, random_keys(), {}), Reason::not_found));
  const auto group = directory_->create_group(other, {.name = "staff"});
  EXPECT_TRUE(refused(directory_->join_group(tenant_, group->id, alice.id), Reason::not_found));
  EXPECT_TRUE(refused(directory_->join_group(other, group->id, alice.id), Reason::not_found));
  EXPECT_TRUE(
      refused(directory_->create_account(TenantId{random_guid()}, {{.name = "x"}}, now), Reason::not_found));
}

TEST_P(Accounts, ChangeTheirNames) {
  const Account alice = user("alice");
  const Account web = service("HTTP/web.example.com", {"HTTP/web"});
  EXPECT_EQ(web.spns, (std::vector<std::string>{"HTTP/web", "HTTP/web.example.com"}));
  ASSERT_TRUE(done(directory_->rename_account(tenant_, alice.id, "ALICE"))) << "her own, in another case";
  ASSERT_TRUE(done(directory_->rename_account(tenant_, alice.id, "bob")));
  EXPECT_TRUE(refused(directory_->find_account(tenant_, "alice"), Reason::not_found));
  EXPECT_EQ(directory_->find_account(tenant_, "bob")->id, alice.id);
  EXPECT_TRUE(refused(directory_->rename_account(tenant_, alice.id, "Domain Users"), Reason::already_exists));
  EXPECT_EQ(directory_->find_account(tenant_, "bob")->id, alice.id) << "a refusal changes nothing";
  EXPECT_TRUE(refused(directory_->rename_account(tenant_, alice.id, "bob$"), Reason::invalid));
  ASSERT_TRUE(done(directory_->add_spn(tenant_, web.id, "HTTP/www.example.com")));
  EXPECT_TRUE(
      refused(directory_->add_spn(tenant_, alice.id, "http/WWW.example.com"), Reason::already_exists));
  EXPECT_TRUE(refused(directory_->remove_spn(tenant_, alice.id, "HTTP/www.example.com"), Reason::not_found));
  ASSERT_TRUE(done(directory_->remove_spn(tenant_, web.id, "http/www.example.com")));
  EXPECT_TRUE(refused(directory_->remove_spn(tenant_, web.id, "HTTP/web.example.com"), Reason::invalid));
  ASSERT_TRUE(done(directory_->add_upn(tenant_, alice.id, "b@example.org")));
  ASSERT_TRUE(done(directory_->remove_upn(tenant_, alice.id, "B@example.org")));
  EXPECT_TRUE(refused(directory_->remove_upn(tenant_, alice.id, "b@example.org"), Reason::not_found));
}

TEST_P(Accounts, ThatAreMadeAtTheSameTimeUnderOneNameAreOne) {
  constexpr int threads = 8, rounds = 10;
  for (int round = 0; round < rounds; ++round) {
    const std::string name = "name" + std::to_string(round), spn = "http/host" + std::to_string(round);
    std::atomic<int> won = 0, lost = 0;
    std::vector<std::thread> running;
    running.reserve(threads);
    for (int i = 0; i < threads; ++i)
      running.emplace_back([&, i] {
        NewAccount account{.name = i % 2 == 0 ? name : name + "_" + std::to_string(i), .spns = {spn}};
        const auto outcome = create(account);
        if (outcome) ++won;
        if (!outcome && outcome.error().reason == Reason::already_exists) ++lost;
      });
    for (std::thread& each : running) each.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, threads - 1);
  }
}

TEST_P(Accounts, AreListedByPageAndKind) {
  std::set<std::string> expected, listed;
  for (int i = 0; i < 25; ++i) expected.insert(user("user" + std::to_string(i)).name);
  service("WEB$");
  PageRequest request{.limit = 10};
  int pages = 0;
  do {
    const auto page = directory_->accounts(tenant_, AccountKind::user, request);
    ASSERT_TRUE(done(page));
    for (const Account& account : page->items) EXPECT_TRUE(listed.insert(account.name).second);
    request.after = page->next;
    ++pages;
  } while (!request.after.empty());
  EXPECT_EQ(listed, expected);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(directory_->accounts(tenant_, AccountKind::service, {})->items.size(), 1U);
}

TEST_P(Accounts, AreInGroups) {
  const Account alice = user("alice"), bob = user("bob");
  const auto staff = directory_->create_group(tenant_, {.name = "staff"});
  const auto admins = directory_->create_group(tenant_, {.name = "admins"});
  ASSERT_TRUE(done(directory_->join_group(tenant_, staff->id, alice.id)));
  ASSERT_TRUE(done(directory_->join_group(tenant_, staff->id, alice.id))) << "twice is once";
  ASSERT_TRUE(done(directory_->join_group(tenant_, admins->id, alice.id)));
  ASSERT_TRUE(done(directory_->join_group(tenant_, staff->id, bob.id)));
  EXPECT_EQ(client({"alice"})->groups, (std::vector<std::uint32_t>{staff->rid, admins->rid}));
  const auto first = directory_->members(tenant_, staff->id, {.limit = 1});
  ASSERT_EQ(first->items.size(), 1U);
  const auto second = directory_->members(tenant_, staff->id, {.after = first->next, .limit = 1});
  ASSERT_EQ(second->items.size(), 1U);
  EXPECT_NE(first->items[0].id, second->items[0].id);
  EXPECT_EQ(second->next, "");
  ASSERT_TRUE(done(directory_->leave_group(tenant_, staff->id, alice.id)));
  EXPECT_TRUE(refused(directory_->leave_group(tenant_, staff->id, alice.id), Reason::not_found));
  ASSERT_TRUE(done(directory_->remove_group(tenant_, admins->id)));
  EXPECT_TRUE(client({"alice"})->groups.empty());
  AccountSettings settings;
  settings.primary_group = staff->rid;
  ASSERT_TRUE(done(directory_->change_account(tenant_, alice.id, to(settings))));
  EXPECT_TRUE(refused(directory_->remove_group(tenant_, staff->id), Reason::invalid));
  const auto users = directory_->find_group(tenant_, "Domain Users");
  EXPECT_TRUE(refused(directory_->remove_group(tenant_, users->id), Reason::invalid));
  EXPECT_EQ(directory_->groups(tenant_, {})->items.size(), 3U);
  EXPECT_TRUE(refused(directory_->find_group(tenant_, "alice"), Reason::not_found));
}

TEST_P(Accounts, NeedAKeyWhereTheyTheirGroupOrTheirTenantSaySo) {
  const Account alice = user("alice");
  const auto staff = directory_->create_group(tenant_, {.name = "staff", .key_required = true});
  EXPECT_FALSE(client({"alice"})->key_required);
  ASSERT_TRUE(done(directory_->join_group(tenant_, staff->id, alice.id)));
  EXPECT_TRUE(client({"alice"})->key_required);
  ASSERT_TRUE(done(directory_->require_key(tenant_, staff->id, false)));
  EXPECT_FALSE(client({"alice"})->key_required);
  AccountSettings settings;
  settings.flags.key_required = true;
  ASSERT_TRUE(done(directory_->change_account(tenant_, alice.id, to(settings))));
  EXPECT_TRUE(client({"alice"})->key_required);
  ASSERT_TRUE(done(directory_->change_account(tenant_, alice.id, to({}))));
  const auto users = directory_->find_group(tenant_, "Domain Users");
  ASSERT_TRUE(done(directory_->require_key(tenant_, users->id, true)));
  EXPECT_TRUE(client({"alice"})->key_required) << "by the primary group";
  ASSERT_TRUE(done(directory_->require_key(tenant_, users->id, false)));
  ASSERT_TRUE(done(directory_->set_tenant(tenant_, {.name = "example", .key_required = true})));
  EXPECT_TRUE(client({"alice"})->key_required);
}

}  // namespace
}  // namespace ferryman::directory
