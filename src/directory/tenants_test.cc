#include <set>

#include "directory/test_tools.h"

namespace ferryman::directory {
namespace {

using Tenants = DirectoryTest;

TEST_F(Tenants, AreFoundByNameDomainAndId) {
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

TEST_F(Tenants, HaveNoNameOrDomainOfAnother) {
  const auto again = directory_->create_tenant({.name = "EXAMPLE"}, "OTHER", aes, now);
  ASSERT_TRUE(refused(again, Reason::already_exists));
  EXPECT_EQ(again.error().text, "another tenant has this name or domain");
  const auto domain = directory_->create_tenant({.name = "other", .domains = {"Example"}}, "OTHER", aes, now);
  EXPECT_TRUE(refused(domain, Reason::already_exists));
  EXPECT_EQ(directory_->tenants({})->items.size(), 1U) << "nothing is left of what was refused";
}

TEST_F(Tenants, OfOneRealmHaveDomainsAndKeysOfTheirOwn) {
  const Tenant other = create_tenant("other");
  EXPECT_NE(directory_->tenant(tenant_)->domain_sid, other.domain_sid);
  const auto mine = directory_->krbtgt_keys(tenant_, 1), others = directory_->krbtgt_keys(other.id, 1);
  ASSERT_TRUE(done(mine));
  ASSERT_TRUE(done(others));
  ASSERT_EQ(mine->size(), aes.size());
  EXPECT_FALSE(equal_in_constant_time(mine->front().key.bytes(), others->front().key.bytes()));
  EXPECT_TRUE(refused(directory_->krbtgt_keys(tenant_, 2), Reason::not_found));
}

TEST_F(Tenants, AreMadeWithTheAccountsOfTheKdc) {
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
    EXPECT_TRUE(refused(directory_->set_account(tenant_, each->account.id, {}), Reason::invalid));
    EXPECT_TRUE(refused(directory_->add_spn(tenant_, each->account.id, "http/x"), Reason::invalid));
  }
}

TEST_F(Tenants, ChangeTheirSettings) {
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

TEST_F(Tenants, AreListedByPage) {
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

TEST_F(Tenants, NeedKeysThatAreServed) {
  EXPECT_TRUE(refused(directory_->create_tenant({.name = "x"}, "X", {}, now), Reason::invalid));
  const std::vector<std::int32_t> des{1};
  EXPECT_TRUE(refused(directory_->create_tenant({.name = "x"}, "X", des, now), Reason::invalid));
}

}  // namespace
}  // namespace ferryman::directory
