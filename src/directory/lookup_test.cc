#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

using Lookup = EachEngine;
FERRYMAN_ON_EACH_ENGINE(Lookup);

TEST_P(Lookup, FindsClientsByNameUpnAndSpn) {
  const Account alice = user("alice", {"al@example.org", "first.last@EXAMPLE.COM"});
  const Account admin = user("alice/admin");
  const Account web = service("WEB$", {"host/web.example.com"});
  EXPECT_EQ(client({"ALICE"})->account.id, alice.id);
  EXPECT_EQ(client({"first.last"})->account.id, alice.id) << "a UPN in the tenant's realm";
  EXPECT_EQ(client({"alice", "admin"})->account.id, admin.id);
  EXPECT_EQ(client({"web$"})->account.id, web.id);
  EXPECT_EQ(client({"host", "WEB.example.com"})->account.id, web.id);
  EXPECT_TRUE(refused(client({"alice/admin"}), Reason::not_found)) << "one component is not two";
  EXPECT_TRUE(refused(client({"al@example.org"}), Reason::not_found)) << "only as an enterprise name";
  EXPECT_TRUE(refused(client({"cifs", "web.example.com"}), Reason::not_found)) << "aliases are for services";
  EXPECT_TRUE(refused(client({"Domain Users"}), Reason::not_found));
  EXPECT_TRUE(refused(client({}), Reason::not_found));
  EXPECT_TRUE(refused(client({"\xff"}), Reason::not_found));
}

TEST_P(Lookup, FindsEnterpriseNames) {
  const Account alice = user("alice", {"al@example.org"});
  EXPECT_EQ(enterprise("AL@example.org")->account.id, alice.id);
  EXPECT_EQ(enterprise("alice@example.com")->account.id, alice.id);
  EXPECT_EQ(enterprise("alice")->account.id, alice.id);
  EXPECT_TRUE(refused(enterprise("alice@example.org"), Reason::not_found));
  EXPECT_TRUE(refused(enterprise("al@example.com"), Reason::not_found));
}

TEST_P(Lookup, NeverAddsADollar) {
  service("ROOT$");
  EXPECT_TRUE(refused(client({"root"}), Reason::not_found));
  EXPECT_TRUE(refused(enterprise("root@EXAMPLE.COM"), Reason::not_found));
  EXPECT_TRUE(refused(find_service({"root"}), Reason::not_found));
  EXPECT_TRUE(done(client({"ROOT$"})));
}

TEST_P(Lookup, NeverTakesADollarAway) {
  user("root");
  EXPECT_TRUE(refused(client({"root$"}), Reason::not_found));
}

TEST_P(Lookup, ComparesExactNamesExactly) {
  ASSERT_TRUE(done(create({.name = "Alice", .exact_names = true})));
  EXPECT_TRUE(done(client({"Alice"})));
  EXPECT_TRUE(refused(client({"alice"}), Reason::not_found));
  EXPECT_TRUE(refused(create({.name = "alice"}), Reason::already_exists)) << "unique they are without case";
}

TEST_P(Lookup, FindsServicesByAnyOfTheirSpnsAndByHost) {
  const Account web = service("WEB$", {"HOST/web.example.com", "HTTP/intranet.example.com"});
  const Account share = service("cifs/share.example.com");
  user("alice");
  EXPECT_EQ(find_service({"host", "web.example.com"})->account.id, web.id);
  EXPECT_EQ(find_service({"http", "intranet.example.com"})->account.id, web.id);
  EXPECT_EQ(find_service({"cifs", "WEB.example.com"})->account.id, web.id);
  EXPECT_EQ(find_service({"web$"})->account.id, web.id);
  EXPECT_EQ(find_service({"cifs", "share.example.com"})->account.id, share.id);
  EXPECT_TRUE(refused(find_service({"host", "share.example.com"}), Reason::not_found));
  EXPECT_TRUE(refused(find_service({"ldap", "web.example.com"}), Reason::not_found));
  EXPECT_TRUE(refused(find_service({"cifs", "web.example.com", "example.com"}), Reason::not_found));
  EXPECT_TRUE(find_service({"alice"})->account.spns.empty()) << "found, and no service";
}

TEST_P(Lookup, PrefersAnSpnOfItsOwnToHost) {
  service("WEB$", {"host/web.example.com"});
  const Account http = service("svc-http", {"http/web.example.com"});
  EXPECT_EQ(find_service({"HTTP", "web.example.com"})->account.id, http.id);
}

TEST_P(Lookup, HasTheAliasesItWasOpenedWith) {
  service("WEB$", {"host/web.example.com"});
  auto other = open_database({.location = location_, .host_aliases = {"ldap"}}, master_key());
  ASSERT_TRUE(done(other));
  const std::vector<std::string_view> ldap{"ldap", "web.example.com"}, cifs{"cifs", "web.example.com"};
  EXPECT_TRUE(done((*other)->find_service(tenant_, ldap)));
  EXPECT_TRUE(refused((*other)->find_service(tenant_, cifs), Reason::not_found));
}

TEST_P(Lookup, StaysWithinTheTenant) {
  const TenantId other = create_tenant("other").id;
  user("alice");
  const std::vector<std::string_view> alice{"alice"};
  EXPECT_TRUE(refused(directory_->find_client(other, alice, 1), Reason::not_found));
  EXPECT_TRUE(refused(directory_->find_client(TenantId{random_guid()}, alice, 1), Reason::not_found));
  EXPECT_TRUE(refused(directory_->find_service(other, alice), Reason::not_found));
}

}  // namespace
}  // namespace ferryman::directory
