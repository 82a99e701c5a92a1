#include "directory/copy_database.h"
#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

using Names = std::vector<std::string>;

class Delegations : public EachEngine {
 protected:
  Outcome<void> change(const ObjectId& account, const DelegationChanges& changes) {
    return directory_->change_delegations(tenant_, account, changes);
  }
  // "actor", "target", "both" or "none".
  std::string between(const ObjectId& actor, const ObjectId& target) {
    const auto found = directory_->delegation(tenant_, actor, target);
    if (!found) return found.error().text;
    if (found->by_actor && found->by_target) return "both";
    return found->by_actor ? "actor" : found->by_target ? "target" : "none";
  }
  DelegationLists lists(const ObjectId& account) {
    const auto found = directory_->delegations(tenant_, account);
    EXPECT_TRUE(done(found));
    return found.value_or(DelegationLists{});
  }

  const ObjectId web_ = service("WEB$", {"HTTP/www.test"}).id, sql_ = service("SQL$").id,
                 files_ = service("files", {"cifs/files.test"}).id;
};
FERRYMAN_ON_EACH_ENGINE(Delegations);

TEST_P(Delegations, AreSaidByTheActorOrByTheTarget) {
  EXPECT_EQ(between(web_, sql_), "none");
  ASSERT_TRUE(done(change(web_, {.to = {sql_, files_}})));
  EXPECT_EQ(between(web_, sql_), "actor");
  EXPECT_EQ(between(sql_, web_), "none") << "not the other way round";
  ASSERT_TRUE(done(change(sql_, {.from = {web_}})));
  EXPECT_EQ(between(web_, sql_), "both");
  EXPECT_EQ(lists(web_).to, (Names{"files", "SQL$"}));
  EXPECT_EQ(lists(web_).from, Names{});
  EXPECT_EQ(lists(sql_).to, Names{}) << "what the other says is in the other's list";
  EXPECT_EQ(lists(sql_).from, Names{"WEB$"});
  ASSERT_TRUE(done(change(web_, {.remove_to = {sql_}})));
  EXPECT_EQ(between(web_, sql_), "target");
  ASSERT_TRUE(done(change(web_, {.to = {sql_, sql_}}))) << "twice is once";
  EXPECT_EQ(lists(web_).to, (Names{"files", "SQL$"}));
}

TEST_P(Delegations, AreChangedWholeOrNotAtAll) {
  ASSERT_TRUE(done(change(web_, {.to = {sql_}})));
  const auto gone = change(web_, {.to = {files_}, .remove_to = {sql_}, .remove_from = {files_}});
  ASSERT_TRUE(refused(gone, Reason::not_found));
  EXPECT_EQ(gone.error().text, "\"files\" is not among those that may act at it");
  EXPECT_EQ(lists(web_).to, Names{"SQL$"});
  EXPECT_TRUE(refused(change(web_, {.to = {ObjectId{random_guid()}}}), Reason::not_found));
  EXPECT_TRUE(refused(change(ObjectId{random_guid()}, {}), Reason::not_found));
}

TEST_P(Delegations, AreOfServicesAlone) {
  const ObjectId alice = user("alice").id;
  const auto krbtgt = directory_->find_account(tenant_, "krbtgt/EXAMPLE.COM");
  for (const ObjectId& other : {alice, krbtgt->id}) {
    EXPECT_TRUE(refused(change(web_, {.to = {other}}), Reason::invalid));
    EXPECT_TRUE(refused(change(web_, {.from = {other}}), Reason::invalid));
    EXPECT_TRUE(refused(change(other, {.to = {web_}}), Reason::invalid));
  }
  EXPECT_TRUE(refused(change(web_, {.to = {web_}}), Reason::invalid));
}

TEST_P(Delegations, GoWithEitherService) {
  ASSERT_TRUE(done(change(web_, {.to = {sql_, files_}, .from = {sql_}})));
  ASSERT_TRUE(done(directory_->remove_account(tenant_, sql_)));
  EXPECT_EQ(lists(web_).to, Names{"files"});
  EXPECT_EQ(lists(web_).from, Names{});
  const ObjectId again = service("SQL$").id;
  EXPECT_EQ(between(web_, again), "none") << "another service of that name is another one";
  ASSERT_TRUE(done(directory_->remove_account(tenant_, web_)));
  EXPECT_EQ(between(web_, files_), "none");
  EXPECT_TRUE(directory_->check()->empty());
}

TEST_P(Delegations, StayWhereAServiceIsRenamed) {
  ASSERT_TRUE(done(change(web_, {.to = {sql_}})));
  ASSERT_TRUE(done(directory_->rename_account(tenant_, sql_, "DB$")));
  EXPECT_EQ(lists(web_).to, Names{"DB$"});
  EXPECT_EQ(between(web_, sql_), "actor");
}

TEST_P(Delegations, AreOfOneTenant) {
  ASSERT_TRUE(done(change(web_, {.to = {sql_}})));
  const TenantId other = create_tenant("other").id;
  EXPECT_FALSE(directory_->delegation(other, web_, sql_)->by_actor);
  EXPECT_TRUE(directory_->delegations(other, web_)->to.empty());
  EXPECT_TRUE(refused(directory_->change_delegations(other, web_, {.to = {sql_}}), Reason::not_found));
}

TEST_P(Delegations, AreNotWithoutEnd) {
  std::vector<WholeAccount> services(max_delegations);
  for (std::size_t i = 0; i < services.size(); ++i)
    services[i].account = {.kind = AccountKind::service, .name = "S" + std::to_string(i) + "$"};
  ASSERT_TRUE(done(directory_->import_accounts(tenant_, services, Import::for_good, now)));
  DelegationChanges changes;
  for (const WholeAccount& each : services)
    changes.to.push_back(directory_->find_account(tenant_, each.account.name)->id);
  ASSERT_TRUE(done(change(web_, changes)));
  EXPECT_TRUE(refused(change(web_, {.to = {sql_}}), Reason::invalid));
  EXPECT_EQ(between(web_, sql_), "none");
}

TEST_P(Delegations, AreCopiedAndGoWithTheirTenant) {
  ASSERT_TRUE(done(change(web_, {.to = {sql_}, .from = {files_}})));
  auto copy = open_database({.location = file("copy.db"), .create = true}, master_key());
  ASSERT_TRUE(done(copy));
  ASSERT_TRUE(done(copy_database(*directory_, **copy)));
  EXPECT_TRUE((*copy)->check()->empty());
  EXPECT_TRUE((*copy)->delegation(tenant_, web_, sql_)->by_actor);
  EXPECT_EQ((*copy)->delegations(tenant_, web_)->from, Names{"files"});
  ASSERT_TRUE(done(directory_->remove_tenant(tenant_)));
  EXPECT_EQ(between(web_, sql_), "none");
  EXPECT_TRUE(directory_->check()->empty());
}

}  // namespace
}  // namespace ferryman::directory
