#include <gmock/gmock.h>

#include "base/base64.h"
#include "directory/guid.h"
#include "pac/info.h"
#include "pki/key_credential.h"
#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string domain = "ad.example.com", domain_sid = "S-1-5-21-9-8-7";

class AdminAd : public AdministrationTest {
 protected:
  static Json link(int version = 1) {
    return {{"domain", domain},     {"realm", "AD.EXAMPLE.COM"},
            {"netbios_name", "AD"}, {"domain_sid", domain_sid},
            {"number", 24125},      {"version", version},
            {"etype", 18},          {"key", base64_of(Octets(32, 0x5a))}};
  }
  static Json user(const std::string& name, const std::string& rid, Json more = Json::object()) {
    Json user{{"sid", domain_sid + "-" + rid}, {"name", name}, {"upn", name + "@corp.example"}};
    user.update(more);
    return user;
  }
  // What has come of one.
  Json upsert(const Json& user) {
    return do_it("ad.upsert", {{"domain", domain}, {"users", Json::array({user})}})["outcomes"][0];
  }
  std::string outcome(const Json& user) { return upsert(user)["outcome"]; }
  Json shown(const std::string& name) { return do_it("user.show", {{"name", name}}); }
  directory::Device device_of(const std::string& name) {
    directory::Device device;
    device.id = directory::DeviceId{directory::random_guid()};
    device.owner = directory_->find_account(tenant_, name)->id;
    device.certificate = {1};
    device.transport_key = {2};
    EXPECT_TRUE(directory_->add_device(tenant_, device));
    return device;
  }
  directory::KeyCredential add_key(const directory::Device& device, std::size_t size = 4) {
    pki::KeyCredential credential;
    credential.material = Octets(size, ++keys_);
    credential.device = device.id;
    directory::KeyCredential key;
    key.id = credential.id();
    key.user = device.owner;
    key.device = device.id;
    key.blob = pki::key_credential_blob(credential);
    EXPECT_TRUE(directory_->add_key(tenant_, key));
    return key;
  }
  // Of the one user whom the page has.
  Json keys() {
    const Json users = do_it("ad.keys", {{"domain", domain}})["users"];
    EXPECT_EQ(users.size(), 1U);
    return users.at(0)["keys"];
  }

  std::uint8_t keys_ = 0;
};

class AdminAdUsers : public AdminAd {
 protected:
  AdminAdUsers() { do_it("ad.link", link()); }
};

TEST_F(AdminAd, IsLinkedRotatedShownAndUnlinked) {
  EXPECT_EQ(do_it("ad.show")["links"], Json::array());
  const Json made = do_it("ad.link", link());
  EXPECT_EQ(made["kvno"], (24125 << 16) + 1);
  EXPECT_EQ(made.contains("key"), false);
  EXPECT_EQ(last_event()["event_id"], 4739);
  EXPECT_EQ(last_event()["object"], domain);
  EXPECT_EQ(do_it("ad.link", link(2))["key_version"], 2);
  const Json links = do_it("ad.show", {{"domain", "AD.example.com"}})["links"];
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0]["netbios_name"], "AD");
  EXPECT_EQ(do_it("ad.unlink", {{"domain", domain}})["domain"], domain);
  EXPECT_THAT(refused("ad.unlink", {{"domain", domain}}), StartsWith("not_found"));
  EXPECT_THAT(refused("ad.show", {{"domain", domain}}), StartsWith("not_found"));
  EXPECT_THAT(log_text(), Not(HasSubstr(base64_of(Octets(32, 0x5a)))));
}

TEST_F(AdminAd, RefusesWhatIsNoLink) {
  const auto with = [this](const char* member, const Json& value) {
    Json wrong = link();
    wrong[member] = value;
    return refused("ad.link", wrong);
  };
  EXPECT_THAT(with("key", "not base64!"), StartsWith("invalid"));
  EXPECT_THAT(with("key", base64_of(Octets(16, 1))), StartsWith("invalid"));
  EXPECT_THAT(with("number", 40000), HasSubstr("32767"));
  EXPECT_THAT(with("number", 0), StartsWith("invalid"));
  EXPECT_THAT(with("version", 70000), StartsWith("invalid"));
  EXPECT_THAT(with("domain", "a b"), StartsWith("invalid"));
  EXPECT_THAT(with("more", 1), StartsWith("invalid"));
  EXPECT_EQ(do_it("ad.show")["links"], Json::array());
}

TEST_F(AdminAdUsers, TakesUsersOver) {
  EXPECT_EQ(outcome(user("alice", "1104", {{"display_name", "Alice"}})), "added");
  EXPECT_EQ(last_event()["event_id"], 4720);
  EXPECT_EQ(shown("alice@corp.example")["on_premises"]["sid"], domain_sid + "-1104");
  EXPECT_EQ(shown("alice")["display_name"], "Alice");
  const std::size_t events_before = events().size();
  EXPECT_EQ(outcome(user("alice", "1104", {{"display_name", "Alice"}})), "same");
  EXPECT_EQ(events().size(), events_before) << "nothing was done";
  EXPECT_EQ(outcome(user("alice", "1104", {{"display_name", "Alice B."}})), "changed");
  EXPECT_EQ(shown("alice")["display_name"], "Alice B.");
}

TEST_F(AdminAdUsers, FollowsANewName) {
  upsert(user("alice", "1104"));
  do_it("user.set", {{"name", "alice"}, {"add_upns", {"al@own.example"}}});
  EXPECT_EQ(outcome(user("alicia", "1104")), "changed");
  const Json now = shown("alicia");
  EXPECT_EQ(now["upns"], (Json{"al@own.example", "alicia@corp.example"}));
  EXPECT_EQ(now["on_premises"]["name"], "alicia");
  EXPECT_THAT(refused("user.show", {{"name", "alice@corp.example"}}), StartsWith("not_found"));
}

TEST_F(AdminAdUsers, DisablesAndEnablesOnlyWhatItDisabled) {
  upsert(user("alice", "1104"));
  EXPECT_EQ(outcome(user("alice", "1104", {{"disabled", true}})), "changed");
  EXPECT_EQ(shown("alice")["disabled"], true);
  EXPECT_EQ(outcome(user("alice", "1104")), "changed");
  EXPECT_EQ(shown("alice")["disabled"], false);
  do_it("user.disable", {{"name", "alice"}});
  EXPECT_EQ(outcome(user("alice", "1104")), "same") << "an administrator has disabled her";
  EXPECT_EQ(shown("alice")["disabled"], true);
}

TEST_F(AdminAdUsers, UndoesNothingThatAnAdministratorHasDone) {
  const Json there = user("alice", "1104"), disabled_there = user("alice", "1104", {{"disabled", true}});
  const auto is_disabled = [this] { return shown("alice")["disabled"].get<bool>(); };
  upsert(there);
  upsert(disabled_there);
  do_it("user.disable", {{"name", "alice"}});
  upsert(there);
  EXPECT_TRUE(is_disabled()) << "by both, then by the administrator alone";

  do_it("user.enable", {{"name", "alice"}});
  do_it("user.set", {{"name", "alice"}, {"disabled", true}});
  upsert(disabled_there);
  upsert(there);
  EXPECT_TRUE(is_disabled()) << "by the administrator, then by both, then by the administrator alone";

  do_it("user.enable", {{"name", "alice"}});
  upsert(disabled_there);
  do_it("user.set", {{"name", "alice"}, {"disabled", true}});
  upsert(there);
  EXPECT_TRUE(is_disabled());
}

TEST_F(AdminAdUsers, DisablesBeforeANameFails) {
  upsert(user("alice", "1104"));
  do_it("user.add", {{"name", "alicia"}});
  EXPECT_EQ(outcome(user("alicia", "1104", {{"disabled", true}})), "refused");
  EXPECT_EQ(shown("alice")["disabled"], true);
  do_it("user.remove", {{"name", "alicia"}});
  EXPECT_EQ(outcome(user("alicia", "1104", {{"disabled", true}})), "changed") << "the rest of it";
  EXPECT_EQ(shown("alicia")["disabled"], true);
  EXPECT_EQ(outcome(user("alicia", "1104")), "changed");
  EXPECT_EQ(shown("alicia")["disabled"], false);
}

TEST_F(AdminAdUsers, AddsAUserWholeOrNotAtAll) {
  EXPECT_EQ(outcome(user("carol", "1107", {{"upn", "no upn"}})), "refused");
  EXPECT_THAT(refused("user.show", {{"name", "carol"}}), StartsWith("not_found"));
  EXPECT_EQ(outcome(user("carol", "1107")), "added");
}

TEST_F(AdminAdUsers, AreOfLinkedDomainsAndTheirOwnSids) {
  EXPECT_EQ(upsert({{"sid", "S-1-5-21-6-6-6-1104"}, {"name", "eve"}})["reason"], "invalid");
  EXPECT_EQ(upsert({{"sid", domain_sid + "-1-2"}, {"name", "eve"}})["reason"], "invalid");
  EXPECT_EQ(upsert({{"sid", domain_sid + "-"}, {"name", "eve"}})["reason"], "invalid");
  upsert(user("alice", "1104"));
  do_it("ad.unlink", {{"domain", domain}});
  for (const char* command : {"ad.users", "ad.keys"})
    EXPECT_THAT(refused(command, {{"domain", domain}}), StartsWith("not_found"));
  EXPECT_THAT(refused("ad.upsert", {{"domain", domain}, {"users", Json::array({user("bob", "1105")})}}),
              StartsWith("not_found"));
  EXPECT_THAT(refused("ad.disable", {{"domain", domain}, {"sids", {domain_sid + "-1104"}}}),
              StartsWith("not_found"));
  Json other = link();
  other["domain"] = "other.example.com";
  other["domain_sid"] = "S-1-5-21-6-6-6";
  do_it("ad.link", other);
  const Json outcomes =
      do_it("ad.disable", {{"domain", "other.example.com"}, {"sids", {domain_sid + "-1104"}}});
  EXPECT_EQ(outcomes["outcomes"][0]["outcome"], "absent");
  EXPECT_EQ(shown("alice")["disabled"], false);
}

TEST_F(AdminAdUsers, ForgetsWhoSheIsThere) {
  upsert(user("alice", "1104"));
  do_it("user.set", {{"name", "alice"}, {"forget_on_premises", true}});
  EXPECT_EQ(last_event()["event_id"], 4738);
  EXPECT_TRUE(shown("alice")["on_premises"].is_null());
  EXPECT_THAT(refused("user.set", {{"name", "alice"}, {"forget_on_premises", true}}),
              HasSubstr("of no on-premises domain"));
  EXPECT_THAT(refused("user.set", {{"name", "alice"}, {"forget_on_premises", false}}), StartsWith("invalid"));
  EXPECT_EQ(outcome(user("alicia", "1104", {{"upn", "alice@corp.example"}})), "matched");
  EXPECT_EQ(shown("alice")["on_premises"]["name"], "alicia");
}

TEST_F(AdminAdUsers, DisablesWhoDisappeared) {
  upsert(user("alice", "1104"));
  const Json asked{{"domain", domain}, {"sids", {domain_sid + "-1104", domain_sid + "-1105"}}};
  const Json outcomes = do_it("ad.disable", asked)["outcomes"];
  EXPECT_EQ(outcomes[0]["outcome"], "disabled");
  EXPECT_EQ(outcomes[1]["outcome"], "absent");
  EXPECT_EQ(shown("alice")["disabled"], true);
  EXPECT_EQ(do_it("ad.disable", asked)["outcomes"][0]["outcome"], "same");
  EXPECT_EQ(outcome(user("alice", "1104")), "changed") << "she is there again";
  EXPECT_EQ(shown("alice")["disabled"], false);
}

TEST_F(AdminAdUsers, MatchesByUpnAndNeverByNameAlone) {
  do_it("user.add", {{"name", "bob"}});
  const Json refusal = upsert(user("bob", "1105"));
  EXPECT_EQ(refusal["outcome"], "refused");
  EXPECT_EQ(refusal["reason"], "already_exists");
  do_it("user.set", {{"name", "bob"}, {"add_upns", {"bob@corp.example"}}});
  EXPECT_EQ(outcome(user("bob", "1105", {{"upn", "BOB@corp.example"}})), "matched");
  EXPECT_EQ(shown("bob")["on_premises"]["name"], "bob");
  EXPECT_EQ(outcome(user("bobby", "1105", {{"upn", "bobby@corp.example"}})), "changed");
  EXPECT_EQ(shown("bob")["upns"], (Json{"bob@corp.example", "bobby@corp.example"}))
      << "her name and her UPN here are the administrator's";
  EXPECT_EQ(shown("bob")["on_premises"]["name"], "bobby");
  EXPECT_EQ(outcome(user("bobby", "1105", {{"upn", "rob@corp.example"}})), "changed");
  EXPECT_EQ(shown("bob")["upns"], (Json{"bob@corp.example", "rob@corp.example"}));
  EXPECT_EQ(upsert(user("robert", "1106", {{"upn", "bob@corp.example"}}))["reason"], "already_exists")
      << "the domain has given the UPN to two";
}

TEST_F(AdminAdUsers, ListsThemAndBoundsWhatItTakes) {
  for (int i = 0; i < 3; ++i) upsert(user("u" + std::to_string(i), std::to_string(1200 + i)));
  const Json page = do_it("ad.users", {{"domain", domain}, {"limit", 2}});
  EXPECT_EQ(page["users"].size(), 2U);
  EXPECT_EQ(do_it("ad.users", {{"domain", domain}, {"after", page["next"]}})["users"].size(), 1U);
  EXPECT_THAT(refused("ad.upsert", {{"domain", domain}, {"users", Json(257, user("a", "1"))}}),
              HasSubstr("256"));
  EXPECT_EQ(upsert({{"sid", "x"}})["outcome"], "refused");
  EXPECT_EQ(upsert(user("c", "1300", {{"more", 1}}))["outcome"], "refused");
}

TEST_F(AdminAdUsers, ShowsHelloKeysWithTheirLastUse) {
  upsert(user("alice", "1104"));
  EXPECT_EQ(keys(), Json::array());
  const directory::Device device = device_of("alice");
  const directory::KeyCredential key = add_key(device);
  directory::KeyCredential fido;
  fido.id.fill(7);
  fido.user = device.owner;
  fido.kind = directory::KeyKind::fido;
  fido.blob = {1};
  EXPECT_TRUE(directory_->add_key(tenant_, fido));
  const Json unused = keys();
  ASSERT_EQ(unused.size(), 1U);
  EXPECT_EQ(unused[0], (Json{{"id", base64url_of(key.id)}, {"blob", base64_of(key.blob)}}));

  directory::Prt prt;
  prt.id = directory::PrtId{directory::random_guid()};
  prt.user = device.owner;
  prt.device = device.id;
  prt.key = key.id;
  prt.created = now_;
  prt.expires = now_ + 100;
  EXPECT_TRUE(directory_->add_prt(tenant_, prt, {}));
  const auto used = pki::parse_key_credential(octets_of_base64(keys()[0]["blob"].get<std::string>()).value());
  ASSERT_TRUE(used);
  EXPECT_EQ(used->last_logon, pac::file_time(now_));
  EXPECT_EQ(used->device->text(), device.id.text());

  do_it("user.disable", {{"name", "alice"}});
  EXPECT_EQ(keys(), Json::array());
  do_it("user.enable", {{"name", "alice"}});
  EXPECT_EQ(keys().size(), 1U);
  do_it("device.disable", {{"name", device.id.text()}});
  EXPECT_EQ(keys(), Json::array()) << "she cannot sign in with it";
}

TEST_F(AdminAdUsers, ShowsKeysPageByPage) {
  for (int i = 0; i < 5; ++i) {
    const std::string name = "u" + std::to_string(i);
    upsert(user(name, std::to_string(1200 + i)));
    const directory::Device device = device_of(name);
    for (int key = 0; key < 10; ++key) add_key(device, 12'000);
  }
  std::size_t users = 0, pages = 0;
  for (Json asked{{"domain", domain}};;) {
    const Json page = do_it("ad.keys", asked);
    EXPECT_LT(page.dump().size(), 512U * 1024);
    users += page["users"].size();
    ++pages;
    if (page["next"] == "") break;
    asked["after"] = page["next"];
  }
  EXPECT_EQ(users, 5U);
  EXPECT_EQ(pages, 3U);
  EXPECT_EQ(do_it("ad.keys", {{"domain", domain}, {"limit", 1}})["users"].size(), 1U);
}

TEST_F(AdminAdUsers, DoesNotShowKeysThatAreDamaged) {
  upsert(user("alice", "1104"));
  directory::KeyCredential key;
  const directory::Device device = device_of("alice");
  key.id.fill(9);
  key.user = device.owner;
  key.device = device.id;
  key.blob = {9};
  EXPECT_TRUE(directory_->add_key(tenant_, key));
  EXPECT_THAT(refused("ad.keys", {{"domain", domain}}), StartsWith("damaged"));
}

}  // namespace
}  // namespace ferryman::realm
