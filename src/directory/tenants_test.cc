#include <algorithm>
#include <future>
#include <set>

#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

class Tenants : public EachEngine {
 protected:
  TenantId create_tenant_of(const std::string& name, std::size_t users) {
    const TenantId tenant = create_tenant(name).id;
    std::vector<WholeAccount> accounts(users);
    for (std::size_t i = 0; i < users; ++i) accounts[i].account.name = "u" + std::to_string(i);
    EXPECT_TRUE(done(directory_->import_accounts(tenant, accounts, Import::for_good, now)));
    return tenant;
  }
  // Of those that are removed in the order of their ids.
  Account last_user(const TenantId& tenant) {
    const auto users = directory_->accounts(tenant, AccountKind::user, {.limit = max_page});
    EXPECT_TRUE(done(users));
    return *std::max_element(users->items.begin(), users->items.end(),
                             [](const Account& a, const Account& b) { return a.id < b.id; });
  }
  // What the database itself does from now on.
  void run(const std::string& sqlite, const std::string& postgresql) const {
    if (!is_sqlite()) {
      PostgresqlServer::instance().run(location_, postgresql);
      return;
    }
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sqlite.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }
  void refuse_to_remove(const std::string& object) const {
    run("CREATE TRIGGER stays BEFORE DELETE ON objects WHEN old.name = '" + object +
            "' BEGIN SELECT RAISE(ABORT, 'it stays'); END",
        "CREATE FUNCTION stays() RETURNS trigger AS $$BEGIN RAISE 'it stays'; END$$ LANGUAGE plpgsql;"
        "CREATE TRIGGER stays BEFORE DELETE ON objects FOR EACH ROW WHEN (old.name = '" +
            object + "') EXECUTE FUNCTION stays()");
  }
  void refuse_nothing() const { run("DROP TRIGGER stays", "DROP TRIGGER stays ON objects"); }
};

FERRYMAN_ON_EACH_ENGINE(Tenants);

TEST_P(Tenants, AreFoundByNameDomainAndId) {
  const Tenant made = *directory_->tenant(tenant_);
  EXPECT_EQ(made.settings.name, "example");
  EXPECT_EQ(made.realm, "EXAMPLE.COM");
  EXPECT_EQ(made.created, now);
  EXPECT_TRUE(made.domain_sid.starts_with("S-1-5-21-"));
  for (const std::string& name : {std::string("Example"), std::string("EXAMPLE.test"), tenant_.text()})
    EXPECT_EQ(directory_->find_tenant(name)->id, tenant_) << name;
  EXPECT_TRUE(refused(directory_->find_tenant("nobody"), Reason::not_found));
  EXPECT_TRUE(refused(directory_->find_tenant("\xff"), Reason::not_found));
}

TEST_P(Tenants, HaveNoNameOrDomainOfAnother) {
  const auto again = directory_->create_tenant({.name = "EXAMPLE"}, "OTHER", aes, now);
  ASSERT_TRUE(refused(again, Reason::already_exists));
  EXPECT_EQ(again.error().text, "another tenant has this name or domain");
  const auto domain = directory_->create_tenant({.name = "other", .domains = {"Example"}}, "OTHER", aes, now);
  EXPECT_TRUE(refused(domain, Reason::already_exists));
  EXPECT_EQ(directory_->tenants({})->items.size(), 1U) << "nothing is left of what was refused";
}

TEST_P(Tenants, OfOneRealmHaveDomainsAndKeysOfTheirOwn) {
  const Tenant other = create_tenant("other");
  EXPECT_NE(directory_->tenant(tenant_)->domain_sid, other.domain_sid);
  const auto mine = directory_->krbtgt_keys(tenant_, 1), others = directory_->krbtgt_keys(other.id, 1);
  ASSERT_TRUE(done(mine));
  ASSERT_TRUE(done(others));
  ASSERT_EQ((*mine)->size(), aes.size());
  EXPECT_FALSE(equal_in_constant_time((*mine)->front().key.bytes(), (*others)->front().key.bytes()));
  EXPECT_TRUE(refused(directory_->krbtgt_keys(tenant_, 2), Reason::not_found));
}

// K13
TEST_P(Tenants, HaveNoKeysOfRc4) {
  const std::vector<std::int32_t> both{18, 23}, rc4{23};
  const auto other = directory_->create_tenant({.name = "other"}, "OTHER", both, now);
  ASSERT_TRUE(done(other));
  const auto keys = directory_->krbtgt_keys(other->id, 1);
  ASSERT_TRUE(done(keys));
  ASSERT_EQ((*keys)->size(), 1U);
  EXPECT_EQ((*keys)->front().etype, 18);
  EXPECT_TRUE(refused(directory_->create_tenant({.name = "third"}, "THIRD", rc4, now), Reason::invalid));
}

TEST_P(Tenants, AreMadeWithTheAccountsOfTheKdc) {
  const auto krbtgt = find_service({"krbtgt", "EXAMPLE.COM"});
  ASSERT_TRUE(done(krbtgt));
  EXPECT_EQ(krbtgt->account.kind, AccountKind::krbtgt);
  EXPECT_EQ(krbtgt->account.rid, rid::krbtgt);
  const auto change = find_service({"kadmin", "changepw"});
  ASSERT_TRUE(done(change));
  EXPECT_EQ(change->account.kind, AccountKind::password_change);
  EXPECT_FALSE(equal_in_constant_time(krbtgt->keys.front().key.bytes(), change->keys.front().key.bytes()));
  EXPECT_EQ(directory_->find_group(tenant_, "domain users")->rid, rid::domain_users);
  EXPECT_TRUE(refused(client({"krbtgt", "EXAMPLE.COM"}), Reason::not_found));
  EXPECT_TRUE(refused(client({"kadmin", "changepw"}), Reason::not_found));
  for (const Principal* each : {&*krbtgt, &*change}) {
    EXPECT_TRUE(refused(directory_->remove_account(tenant_, each->account.id), Reason::invalid));
    EXPECT_TRUE(refused(directory_->rename_account(tenant_, each->account.id, "x"), Reason::invalid));
    EXPECT_TRUE(refused(directory_->change_account(tenant_, each->account.id, to({})), Reason::invalid));
    EXPECT_TRUE(refused(directory_->add_spn(tenant_, each->account.id, "http/x"), Reason::invalid));
  }
}

TEST_P(Tenants, ChangeTheirSettings) {
  TenantSettings settings{
      .name = "renamed", .domains = {"example.test", "b.test"}, .top_level_names = {"t.test"}};
  settings.key_required = true;
  settings.disabled = true;
  ASSERT_TRUE(done(directory_->set_tenant(tenant_, settings)));
  const Tenant tenant = *directory_->find_tenant("b.test");
  EXPECT_EQ(tenant.settings.name, "renamed");
  EXPECT_EQ(tenant.settings.domains, settings.domains);
  EXPECT_EQ(tenant.settings.top_level_names, settings.top_level_names);
  EXPECT_TRUE(tenant.settings.key_required);
  EXPECT_TRUE(tenant.settings.disabled);
  EXPECT_TRUE(refused(directory_->find_tenant("example"), Reason::not_found));
  EXPECT_TRUE(refused(directory_->set_tenant(TenantId{random_guid()}, settings), Reason::not_found));
  EXPECT_TRUE(refused(directory_->set_tenant(tenant_, {.name = "common"}), Reason::invalid));
}

TEST_P(Tenants, AreRemovedWithAllThatIsInThem) {
  const Tenant other = create_tenant("other");
  for (const TenantId& tenant : {tenant_, other.id}) {
    const auto account = directory_->create_account(tenant, {{.name = "alice"}}, now);
    ASSERT_TRUE(done(account));
    for (int i = 0; i < 2; ++i)
      ASSERT_TRUE(done(directory_->set_keys(tenant, account->id, random_keys(), {.now = now, .history = 2})));
    const auto group = directory_->create_group(tenant, {.name = "staff"});
    ASSERT_TRUE(done(directory_->join_group(tenant, group->id, account->id)));
  }
  ASSERT_TRUE(done(directory_->remove_tenant(other.id)));
  EXPECT_TRUE(refused(directory_->tenant(other.id), Reason::not_found));
  EXPECT_TRUE(refused(directory_->remove_tenant(other.id), Reason::not_found));
  EXPECT_TRUE(refused(directory_->find_account(other.id, "alice"), Reason::not_found));
  EXPECT_TRUE(refused(directory_->krbtgt_keys(other.id, 1), Reason::not_found));
  EXPECT_TRUE(directory_->check()->empty());
  EXPECT_EQ(client({"alice"})->keys.size(), aes.size());
  EXPECT_NE(create_tenant("other").id, other.id) << "its names are free again";
}

TEST_P(Tenants, AreRemovedPartByPartAndAgainWhereThatFails) {
  constexpr std::size_t many = 700;
  const TenantId other = create_tenant_of("other", many);
  const std::string last = last_user(other).name;
  refuse_to_remove(last);
  const auto removed = directory_->remove_tenant(other);
  ASSERT_FALSE(removed);
  EXPECT_NE(removed.error().text.find("; it is disabled, and part of it is gone: remove it again"),
            std::string::npos)
      << removed.error().text;
  const Tenant half = *directory_->tenant(other);
  EXPECT_TRUE(half.half_removed && half.settings.disabled);
  TenantSettings enabled = half.settings;
  enabled.disabled = false;
  EXPECT_TRUE(refused(directory_->set_tenant(other, enabled), Reason::invalid));
  EXPECT_TRUE(directory_->find_tenant("other")->settings.disabled) << "nor has it lost its names";
  const auto left = directory_->accounts(other, AccountKind::user, {.limit = max_page});
  ASSERT_TRUE(done(left));
  EXPECT_LT(left->items.size(), many / 2);
  EXPECT_TRUE(done(directory_->find_account(other, last)));
  refuse_nothing();
  ASSERT_TRUE(done(directory_->remove_tenant(other)));
  EXPECT_TRUE(refused(directory_->tenant(other), Reason::not_found));
  EXPECT_TRUE(directory_->check()->empty());
  EXPECT_TRUE(done(find_service({"krbtgt", "EXAMPLE.COM"})));
}

TEST_P(Tenants, AreGoneForAllWhoRemoveThemAtOnce) {
  const TenantId other = create_tenant_of("other", 1000);
  std::vector<std::future<Outcome<void>>> removals;
  for (int i = 0; i < 3; ++i)
    removals.push_back(std::async(std::launch::async, [&] { return directory_->remove_tenant(other); }));
  for (auto& each : removals) {
    const auto removed = each.get();
    EXPECT_TRUE(removed || removed.error().text.find("again") == std::string::npos) << removed.error().text;
  }
  EXPECT_TRUE(refused(directory_->tenant(other), Reason::not_found));
}

TEST_P(Tenants, ThatCannotBeRemovedAtAllStayAsTheyAre) {
  const ReadOnly read_only(*this);
  directory_.reset();
  open();
  const auto removed = directory_->remove_tenant(tenant_);
  ASSERT_TRUE(refused(removed, Reason::read_only));
  EXPECT_EQ(removed.error().text.find("again"), std::string::npos) << removed.error().text;
  EXPECT_FALSE(directory_->tenant(tenant_)->settings.disabled);
}

TEST_P(Tenants, AreListedByPage) {
  for (const char* name : {"d", "B", "c", "a"}) create_tenant(name);
  std::vector<std::string> names;
  PageRequest request{.limit = 2};
  do {
    const auto page = directory_->tenants(request);
    ASSERT_TRUE(done(page));
    EXPECT_LE(page->items.size(), 2U);
    for (const Tenant& tenant : page->items) names.push_back(tenant.settings.name);
    request.after = page->next;
  } while (!request.after.empty());
  EXPECT_EQ(names, (std::vector<std::string>{"a", "B", "c", "d", "example"}));
}

TEST_P(Tenants, NeedKeysThatAreServed) {
  EXPECT_TRUE(refused(directory_->create_tenant({.name = "x"}, "X", {}, now), Reason::invalid));
  const std::vector<std::int32_t> des{1};
  EXPECT_TRUE(refused(directory_->create_tenant({.name = "x"}, "X", des, now), Reason::invalid));
}

}  // namespace
}  // namespace ferryman::directory
