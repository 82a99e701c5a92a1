#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

class AdLinks : public EachEngine {
 protected:
  static AdLink link_to(const std::string& domain, std::uint16_t version = 1) {
    AdLink link;
    link.domain = domain;
    link.realm = "AD.EXAMPLE.COM";
    link.netbios_name = "AD";
    link.domain_sid = "S-1-5-21-9-8-7";
    link.number = 24125;
    link.key_version = version;
    link.etype = kerberos::etype::aes256_sha1;
    return link;
  }
  Outcome<void> set(const AdLink& link, std::int64_t when = now) {
    return directory_->set_ad_link(tenant_, link, key_, when);
  }
  Outcome<void> set(const ObjectId& user, const std::string& rid, const std::string& name = "alice") {
    return directory_->set_on_premises(tenant_, {user, "ad.example.com", "S-1-5-21-9-8-7-" + rid, name});
  }

  const Octets key_ = Octets(32, 9);
};
FERRYMAN_ON_EACH_ENGINE(AdLinks);

TEST_P(AdLinks, AreSetChangedAndRemoved) {
  EXPECT_TRUE(directory_->ad_links(tenant_)->empty());
  EXPECT_TRUE(done(set(link_to("ad.example.com"))));
  EXPECT_TRUE(done(set(link_to("AD.example.com", 2), now + 5)));
  const auto links = *directory_->ad_links(tenant_);
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0].domain, "AD.example.com");
  EXPECT_EQ(links[0].key_version, 2);
  EXPECT_EQ(links[0].kvno(), (24125U << 16) + 2);
  EXPECT_EQ(links[0].linked, now);
  EXPECT_EQ(links[0].changed, now + 5);
  EXPECT_TRUE(done(directory_->remove_ad_link(tenant_, "ad.EXAMPLE.com")));
  EXPECT_TRUE(refused(directory_->remove_ad_link(tenant_, "ad.example.com"), Reason::not_found));
  EXPECT_TRUE(directory_->ad_links(tenant_)->empty());
}

TEST_P(AdLinks, AreHeldAgainstTheRules) {
  const auto wrong = [this](auto change) {
    AdLink link = link_to("ad.example.com");
    change(link);
    return refused(set(link), Reason::invalid);
  };
  EXPECT_TRUE(wrong([](AdLink& link) { link.domain = "no domain"; }));
  EXPECT_TRUE(wrong([](AdLink& link) { link.realm = "A/B"; }));
  EXPECT_TRUE(wrong([](AdLink& link) { link.netbios_name = ""; }));
  EXPECT_TRUE(wrong([](AdLink& link) { link.domain_sid = "S-1-5-x"; }));
  EXPECT_TRUE(wrong([](AdLink& link) { link.number = 0; }));
  EXPECT_TRUE(wrong([](AdLink& link) { link.number = 32768; })) << "its kvno would be negative";
  EXPECT_TRUE(wrong([](AdLink& link) { link.key_version = 0; }));
  EXPECT_TRUE(wrong([](AdLink& link) { link.etype = kerberos::etype::aes128_sha1; })) << "the key is longer";
  EXPECT_TRUE(refused(directory_->set_ad_link(TenantId{random_guid()}, link_to("a.b"), key_, now),
                      Reason::not_found));
}

TEST_P(AdLinks, AreBounded) {
  for (std::size_t i = 0; i < max_ad_links; ++i)
    EXPECT_TRUE(done(set(link_to("d" + std::to_string(i) + ".example.com"))));
  EXPECT_TRUE(refused(set(link_to("more.example.com")), Reason::invalid));
  EXPECT_TRUE(done(set(link_to("d0.example.com", 2)))) << "one that is there";
}

TEST_P(AdLinks, TellWhoAUserIsThere) {
  const Account alice = user("alice"), bob = user("bob");
  EXPECT_TRUE(refused(directory_->on_premises(tenant_, alice.id), Reason::not_found));
  EXPECT_TRUE(done(set(alice.id, "1104")));
  EXPECT_TRUE(refused(directory_->ad_identity(tenant_, alice.id), Reason::not_found)) << "it is not linked";
  EXPECT_TRUE(done(set(link_to("AD.example.com"))));
  const auto identity = directory_->ad_identity(tenant_, alice.id);
  ASSERT_TRUE(done(identity));
  EXPECT_EQ(identity->user.name, "alice");
  EXPECT_EQ(identity->user.sid, "S-1-5-21-9-8-7-1104");
  EXPECT_EQ(identity->link.number, 24125);
  EXPECT_TRUE(equal_in_constant_time(identity->key.bytes(), key_));

  EXPECT_TRUE(refused(set(bob.id, "1104"), Reason::already_exists));
  EXPECT_TRUE(done(set(alice.id, "1105", "alice2"))) << "in place of what she was";
  EXPECT_TRUE(done(set(bob.id, "1104", "bob")));
  EXPECT_EQ(directory_->find_on_premises(tenant_, "S-1-5-21-9-8-7-1105")->user, alice.id);
  EXPECT_TRUE(refused(set(bob.id, "x"), Reason::invalid));
  EXPECT_TRUE(refused(set(bob.id, "1106", ""), Reason::invalid));
  EXPECT_TRUE(refused(set(ObjectId{random_guid()}, "1107"), Reason::not_found));

  EXPECT_TRUE(done(directory_->remove_account(tenant_, alice.id)));
  EXPECT_TRUE(refused(directory_->find_on_premises(tenant_, "S-1-5-21-9-8-7-1105"), Reason::not_found));
}

TEST_P(AdLinks, AreOfAUserFromHerFirstMomentOn) {
  WholeAccount wanted;
  wanted.account.name = "alice";
  wanted.on_premises = {.domain = "ad.example.com",
                        .sid = "S-1-5-21-9-8-7-1104",
                        .name = "al",
                        .given_name = "alice",
                        .given_upn = "alice@ad.example.com"};
  const auto made = directory_->create_account(tenant_, wanted, now);
  ASSERT_TRUE(done(made));
  wanted.on_premises->user = made->id;
  EXPECT_TRUE(*directory_->on_premises(tenant_, made->id) == *wanted.on_premises);

  wanted.account.name = "bob";
  EXPECT_TRUE(refused(directory_->create_account(tenant_, wanted, now), Reason::already_exists));
  EXPECT_TRUE(refused(directory_->find_account(tenant_, "bob"), Reason::not_found)) << "whole, or not at all";

  EXPECT_TRUE(done(directory_->forget_on_premises(tenant_, made->id)));
  EXPECT_TRUE(refused(directory_->on_premises(tenant_, made->id), Reason::not_found));
  EXPECT_TRUE(refused(directory_->forget_on_premises(tenant_, made->id), Reason::not_found));
  EXPECT_TRUE(done(directory_->create_account(tenant_, wanted, now)));
}

TEST_P(AdLinks, ListUsersByPage) {
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(done(set(user("u" + std::to_string(i)).id, std::to_string(1100 + i))));
  std::vector<std::string> sids;
  PageRequest request{.limit = 2};
  do {
    const auto page = *directory_->on_premises_users(tenant_, "ad.example.COM", request);
    EXPECT_LE(page.items.size(), 2U);
    for (const OnPremisesUser& each : page.items) sids.push_back(each.sid);
    request.after = page.next;
  } while (!request.after.empty());
  EXPECT_EQ(sids.size(), 5U);
  EXPECT_TRUE(std::is_sorted(sids.begin(), sids.end()));
  const auto none = directory_->on_premises_users(tenant_, "other.example.com", {});
  ASSERT_TRUE(done(none));
  EXPECT_TRUE(none->items.empty());
}

TEST_P(AdLinks, GoWithTheirTenant) {
  const TenantId other = create_tenant("other").id;
  EXPECT_TRUE(done(directory_->set_ad_link(other, link_to("ad.example.com"), key_, now)));
  const auto carol = directory_->create_account(other, {{.name = "carol"}}, now);
  EXPECT_TRUE(done(
      directory_->set_on_premises(other, {carol->id, "ad.example.com", "S-1-5-21-9-8-7-1200", "carol"})));
  EXPECT_TRUE(directory_->ad_links(tenant_)->empty());
  EXPECT_TRUE(refused(directory_->find_on_premises(tenant_, "S-1-5-21-9-8-7-1200"), Reason::not_found));
  EXPECT_TRUE(done(directory_->remove_tenant(other)));
  EXPECT_TRUE(directory_->check()->empty());
}

}  // namespace
}  // namespace ferryman::directory
