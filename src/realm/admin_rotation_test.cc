#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "base/new_file.h"
#include "realm/admin_test_tools.h"
#include "realm/master_key.h"
#include "realm/open_sealed.h"

namespace ferryman::realm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class AdminRotation : public AdministrationTest {
 protected:
  Json rotate_krbtgt(Json arguments = Json::object()) { return do_it("rotate.krbtgt", std::move(arguments)); }
  Json rotate_service(Json arguments = Json::object()) {
    arguments["name"] = "WEB$";
    return do_it("service.rotate", std::move(arguments));
  }
  // How many entries: one for each kvno and etype.
  int keytab_entries() { return do_it("service.keytab", {{"name", "WEB$"}})["entries"]; }

  const int etypes_ = static_cast<int>(policy_.etypes.size());
};

TEST_F(AdminRotation, OfKrbtgtKeepsTheTwoVersionsBefore) {
  const Json rotated = rotate_krbtgt();
  EXPECT_EQ(rotated["name"], "krbtgt/EXAMPLE.COM");
  EXPECT_EQ(rotated["kvno"], 2);
  EXPECT_EQ(rotated["former"], Json{1});
  EXPECT_EQ(last_event()["object"], "krbtgt/EXAMPLE.COM");
  EXPECT_EQ(last_event()["event_id"], 4724);
  EXPECT_EQ(last_event()["tenant"], "example");
  EXPECT_EQ(rotate_krbtgt()["former"], (Json{2, 1}));
  EXPECT_EQ(directory_->krbtgt_keys(tenant_, 3).value()->size(), policy_.etypes.size());
  EXPECT_EQ(directory_->krbtgt_keys(tenant_, 1).value()->size(), 2U) << "as it was made with its tenant";
}

TEST_F(AdminRotation, OfKrbtgtEndsTicketsOnlyWhereThatIsSaid) {
  rotate_krbtgt();
  rotate_krbtgt();
  EXPECT_THAT(
      refused("rotate.krbtgt"),
      StartsWith("invalid krbtgt/EXAMPLE.COM keeps the keys of 3 versions: kvno 1 would go, and tickets "
                 "of it may be in use until 2027-01-22T08:05:00Z."));
  EXPECT_TRUE(directory_->krbtgt_keys(tenant_, 1));
  EXPECT_EQ(rotate_krbtgt({{"forget_former", true}})["former"], Json::array());
  EXPECT_FALSE(directory_->krbtgt_keys(tenant_, 3));
  EXPECT_TRUE(directory_->krbtgt_keys(tenant_, 4));
  EXPECT_EQ(last_event()["changed"], "forget_former");
  rotate_krbtgt();
  rotate_krbtgt();
  now_ += policy_.lifetime.renewable + policy_.max_skew;
  EXPECT_EQ(rotate_krbtgt()["former"], (Json{6, 5})) << "no ticket of kvno 4 is left";
}

TEST_F(AdminRotation, OfKrbtgtIsOfOneTenant) {
  do_it("tenant.add", {{"name", "second"}, {"realm", "OTHER.TEST"}});
  EXPECT_EQ(do_it("rotate.krbtgt", Json::object(), "second")["name"], "krbtgt/OTHER.TEST");
  EXPECT_TRUE(directory_->krbtgt_keys(tenant_, 1));
  EXPECT_FALSE(directory_->krbtgt_keys(tenant_, 2));
  EXPECT_THAT(refused("rotate.krbtgt", Json::object(), "third"), StartsWith("not_found"));
  EXPECT_THAT(refused("rotate.krbtgt", {{"name", "x"}}), StartsWith("invalid"));
}

TEST_F(AdminRotation, OfAServiceKeepsFormerKeysInItsKeytabUntilNoTicketIsLeft) {
  do_it("service.add", {{"name", "WEB$"}});
  EXPECT_EQ(keytab_entries(), etypes_);
  const Json rotated = rotate_service();
  EXPECT_EQ(rotated["kvno"], 2);
  EXPECT_EQ(rotated["former"], Json{1});
  EXPECT_EQ(rotated["former_until"], directory::now + policy_.lifetime.ticket + policy_.max_skew);
  EXPECT_EQ(last_event()["event_id"], 4742);
  EXPECT_EQ(keytab_entries(), 2 * etypes_);
  now_ = rotated["former_until"].get<std::int64_t>() - 1;
  EXPECT_EQ(keytab_entries(), 2 * etypes_);
  ++now_;
  EXPECT_EQ(keytab_entries(), etypes_);
  rotate_service();
  EXPECT_EQ(keytab_entries(), 3 * etypes_) << "the first is kept still";
  EXPECT_THAT(refused("service.rotate", {{"name", "WEB$"}}), HasSubstr("kvno 1 would go"));
  const Json forgot = rotate_service({{"forget_former", true}});
  EXPECT_EQ(forgot["former"], Json::array());
  EXPECT_TRUE(forgot["former_until"].is_null());
  EXPECT_EQ(keytab_entries(), etypes_);
}

TEST_F(AdminRotation, OfAServiceKeepsItsEncryptionTypes) {
  do_it("service.add", {{"name", "WEB$"}, {"etypes", {"aes128-cts-hmac-sha1-96"}}});
  EXPECT_EQ(rotate_service()["etypes"], Json{"aes128-cts-hmac-sha1-96"});
  do_it("user.add", {{"name", "alice"}});
  for (const char* name : {"alice", "krbtgt/EXAMPLE.COM", "nobody"})
    EXPECT_THAT(refused("service.rotate", {{"name", name}}), StartsWith("not_found")) << name;
  service("EMPTY$");
  EXPECT_EQ(do_it("service.rotate", {{"name", "EMPTY$"}})["kvno"], 1);
}

// The directory is under octets of 7.
class AdminMasterKey : public AdministrationTest {
 protected:
  AdminMasterKey() { write("master.key", '7'); }
  void write(const std::string& name, char digit) {
    const std::string text = std::string(1, '0') + digit;
    std::string hex;
    for (int i = 0; i < 32; ++i) hex += text;
    ASSERT_TRUE(create_file({file(name)}, as_bytes(hex + "\n")));
  }
  std::string source() const { return "file:" + file("master.key"); }
  std::string rotated() { return refused("rotate.master_key", {{"source", source()}}); }
  directory::Outcome<OpenedDatabase> opened_again() {
    return open_sealed({.location = file()}, source(), *read_master_key(source()));
  }
};

TEST_F(AdminMasterKey, IsChangedToTheNextOne) {
  write("master.key.new", '8');
  const Json changed = do_it("rotate.master_key", {{"source", source()}});
  EXPECT_EQ(changed["former"], fmt::format("{:08x}", directory::master_key(7).id()));
  EXPECT_EQ(changed["id"], fmt::format("{:08x}", directory::master_key(8).id()));
  EXPECT_EQ(changed["resealed"], true);
  const Json event = last_event();
  EXPECT_EQ(event["action"], "rotate.master_key");
  EXPECT_EQ(event["object"], changed["id"]);
  EXPECT_FALSE(event.contains("tenant"));
  EXPECT_EQ(do_it("rotate.master_key", {{"source", source()}})["resealed"], false)
      << "as after an interruption";
  EXPECT_EQ(principal("krbtgt/EXAMPLE.COM").keys.size(), 2U);
  do_it("user.add", {{"name", "alice"}, {"password", good_password}});
}

// It would be kept as the key of the backups from before, which it does not open.
TEST_F(AdminMasterKey, IsNotChangedWhereItsFileHasAnotherOne) {
  std::filesystem::remove(file("master.key"));
  write("master.key", '9');
  write("master.key.new", '8');
  EXPECT_THAT(rotated(), StartsWith("invalid The master key cannot be changed: "));
  EXPECT_THAT(rotated(), HasSubstr("master.key: put the one of the database back there"));
  EXPECT_EQ(last_event()["result"], "failure");
  std::filesystem::remove(file("master.key"));
  write("master.key", '7');
  EXPECT_TRUE(opened_again()) << "nothing was sealed anew";
  EXPECT_EQ(do_it("rotate.master_key", {{"source", source()}})["resealed"], true);
}

TEST_F(AdminMasterKey, IsFoundWhereverAChangeWasInterrupted) {
  ASSERT_TRUE(opened_again());
  write("master.key.new", '8');
  EXPECT_FALSE(opened_again()->under_next_key);
  do_it("rotate.master_key", {{"source", source()}});
  const auto between = opened_again();
  ASSERT_TRUE(between) << between.error().text;
  EXPECT_TRUE(between->under_next_key);
  EXPECT_TRUE(between->directory->check()->empty());
  auto former = *read_master_key(source());
  std::filesystem::rename(file("master.key.new"), file("master.key"));
  const auto later = open_sealed({.location = file()}, source(), std::move(former));
  ASSERT_TRUE(later) << "the change ended behind the reading: " << later.error().text;
  EXPECT_FALSE(later->under_next_key);
  EXPECT_FALSE(opened_again()->under_next_key);
  std::filesystem::remove(file("master.key"));
  write("master.key", '9');
  write("master.key.new", '7');
  const auto neither = opened_again();
  ASSERT_FALSE(neither);
  EXPECT_EQ(neither.error().reason, directory::Reason::wrong_master_key);
}

TEST_F(AdminMasterKey, IsNotChangedToNothing) {
  EXPECT_THAT(rotated(), StartsWith("unavailable The master key cannot be changed"));
  EXPECT_THAT(rotated(), HasSubstr("master.key.new cannot be read: No such file"));
  EXPECT_EQ(last_event()["result"], "failure");
  EXPECT_THAT(
      refused("rotate.master_key", {{"source", "file:/elsewhere"}}),
      StartsWith("invalid The master key cannot be changed: the service was started with master_key"));
  EXPECT_THAT(refused("rotate.master_key"), StartsWith("invalid rotate.master_key: source is missing"));
  write("master.key.new", '7');
  EXPECT_THAT(rotated(), HasSubstr("is the same key"));
  EXPECT_THAT(rotated(), testing::Not(HasSubstr("file:"))) << "it is a file to be removed";
  std::filesystem::permissions(file("master.key.new"), std::filesystem::perms(0640));
  EXPECT_THAT(rotated(), HasSubstr("chmod 600"));
  EXPECT_THAT(rotated(), HasSubstr("or remove it, and call this again"));
  std::filesystem::remove(file("master.key"));
  EXPECT_THAT(rotated(), HasSubstr("put it back from your copy"));
}

}  // namespace
}  // namespace ferryman::realm
