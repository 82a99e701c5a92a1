// The exchanges on the directory as it is kept on a disk.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <variant>

#include "account/password.h"
#include "directory/database.h"
#include "kdc/test_client.h"
#include "ticket/ticket_pac.h"

namespace ferryman::kdc {
namespace {

constexpr std::int32_t aes[] = {18, 17};

class OnSqlite : public testing::Test {
 protected:
  OnSqlite() {
    std::string path = testing::TempDir() + "kdc_XXXXXX";
    folder_ = ::mkdtemp(path.data());
    auto master = directory::MasterKey::make(Octets(directory::MasterKey::size, 7));
    directory_ =
        *directory::open_database({.location = folder_ + "/realm.db", .create = true}, std::move(*master));
    tenant_ =
        *directory_->create_tenant({.name = "example", .domains = {"example.test"}}, "R.TEST", aes, test_now);
    alice_ = *directory_->create_account(tenant_.id, {{.name = "alice", .upns = {"alice@example.test"}}},
                                         test_now);
    web_ = *directory_->create_account(
        tenant_.id, {{.kind = directory::AccountKind::service, .name = "WEB$", .spns = {"HOST/www.r.test"}}},
        test_now);
    set_password(test_password);
    std::vector<directory::LongTermKey> keys;
    keys.push_back({18, 0, {}, {}, Secret(web_key_.octets())});
    EXPECT_TRUE(directory_->set_keys(tenant_.id, web_.id, keys, {.now = test_now}));
  }
  ~OnSqlite() override { std::filesystem::remove_all(folder_); }

  void set_password(std::string_view password) {
    const auto keys = account::TestDirectory::keys_of(password, "R.TESTalice", 0);
    EXPECT_TRUE(directory_->set_keys(tenant_.id, alice_.id, keys, {.now = test_now}));
  }
  static crypto::Key key_of(std::string_view password) {
    return *std::move(crypto::string_to_key(18, as_bytes(password), as_bytes("R.TESTalice")));
  }
  Answer ask(Bytes request) { return answer(request, {*directory_, tenant_, policy_, attempts_}, now_); }
  void rotate_krbtgt(bool forget_former = false) {
    const std::vector<std::string_view> name{"krbtgt", "R.TEST"};
    std::vector<directory::LongTermKey> keys;
    for (const std::int32_t etype : aes)
      keys.push_back({etype, 0, {}, {}, Secret(crypto::Key::random(etype).octets())});
    EXPECT_TRUE(directory_->set_keys(tenant_.id, (*directory_->find_service(tenant_.id, name))->account.id,
                                     keys, {.now = test_now, .forget_former = forget_former}));
  }
  std::int32_t log_on(const crypto::Key& key) {
    return ask(TestRequest().with_timestamp(key).encoded()).code;
  }

  std::string folder_;
  std::unique_ptr<directory::Database> directory_;
  directory::Tenant tenant_;
  directory::Account alice_, web_;
  crypto::Key web_key_ = crypto::Key::random(18);
  account::Policy policy_;
  account::Attempts attempts_;
  Now now_{test_now, 0};
};

TEST_F(OnSqlite, ATgtGetsAServiceTicketByAnAliasOfHost) {
  const crypto::Key key = key_of(test_password);
  TestRequest request;
  request.cname = kerberos::Name(kerberos::name_type::enterprise, {"ALICE@example.test"});
  request.options = option::canonicalize;
  const TestReply tgt = open_reply(ask(request.with_timestamp(key).encoded()), key, key_usage::as_rep);
  ASSERT_TRUE(tgt.ok());
  EXPECT_TRUE(tgt.rep.cname.is({"alice"}));
  const TestTgs tgs(tgt);
  const TestReply got = tgs.open(ask(tgs.encoded()));
  ASSERT_TRUE(got.ok());
  const auto opened = ticket::open_ticket(got.rep.ticket, web_key_);
  ASSERT_TRUE(opened);
  const auto krbtgt = directory_->krbtgt_keys(tenant_.id, *tgt.rep.ticket.enc_part.kvno);
  const auto signer = crypto::Key::make(18, (*krbtgt)->front().key.bytes());
  EXPECT_TRUE(ticket::verify_service_pac(*opened, web_key_, *signer));
}

TEST_F(OnSqlite, ANameIsLookedUpByItsComponentsAndTheEnterpriseTypeAlone) {
  const auto asked = [this](std::int32_t type, std::initializer_list<std::string_view> name) {
    TestRequest request;
    request.cname = kerberos::Name(type, name);
    return ask(request.encoded()).code;
  };
  for (const std::int32_t type : {0, 1, 2, 3, 5}) {
    SCOPED_TRACE(type);
    EXPECT_EQ(asked(type, {"alice"}), 25);
    EXPECT_EQ(asked(type, {"alice@R.TEST"}), 6);
    EXPECT_EQ(asked(type, {"krbtgt", "R.TEST"}), 6);
    EXPECT_EQ(asked(type, {"krbtgt/R.TEST"}), 6);
    EXPECT_EQ(asked(type, {"kadmin", "changepw"}), 6);
    EXPECT_EQ(asked(type, {"alice", "R.TEST"}), 6);
    EXPECT_EQ(asked(type, {"HOST", "www.r.test"}), 25);
    EXPECT_EQ(asked(type, {"HOST/www.r.test"}), 6);
    EXPECT_EQ(asked(type, {""}), 6);
  }
  for (const char* name : {"alice@R.TEST", "alice@r.test", "alice@example.test", "alice"})
    EXPECT_EQ(asked(10, {name}), 25) << name;
  EXPECT_EQ(asked(10, {"krbtgt/R.TEST@R.TEST"}), 6);
  EXPECT_EQ(asked(10, {"HOST/www.r.test@R.TEST"}), 6);
  EXPECT_EQ(asked(10, {"alice@elsewhere.test"}), 6);
  EXPECT_EQ(asked(10, {"alice", "R.TEST"}), 6);
}

TEST_F(OnSqlite, ATgtOfARenamedAccountIsRevoked) {
  const crypto::Key key = key_of(test_password);
  const TestReply tgt = open_reply(ask(TestRequest().with_timestamp(key).encoded()), key, key_usage::as_rep);
  ASSERT_TRUE(tgt.ok());
  ASSERT_TRUE(directory_->rename_account(tenant_.id, alice_.id, "alison"));
  EXPECT_EQ(ask(TestTgs(tgt).encoded()).code, 20);
  ASSERT_TRUE(directory_->create_account(tenant_.id, {{.name = "alice"}}, test_now));
  EXPECT_EQ(ask(TestTgs(tgt).encoded()).code, 20);
}

TEST_F(OnSqlite, ATgtOutlivesTwoRotationsOfKrbtgt) {
  const crypto::Key key = key_of(test_password);
  const auto log_on = [&] {
    return open_reply(ask(TestRequest().with_timestamp(key).encoded()), key, key_usage::as_rep);
  };
  const TestReply first = log_on();
  EXPECT_EQ(first.rep.ticket.enc_part.kvno, 1U);
  rotate_krbtgt();
  const TestReply second = log_on();
  EXPECT_EQ(second.rep.ticket.enc_part.kvno, 2U);
  rotate_krbtgt();
  for (const TestReply* tgt : {&first, &second}) EXPECT_EQ(ask(TestTgs(*tgt).encoded()).code, 0);
  rotate_krbtgt();
  EXPECT_EQ(ask(TestTgs(first).encoded()).code, 44);
  EXPECT_EQ(ask(TestTgs(second).encoded()).code, 0);
  rotate_krbtgt(true);
  EXPECT_EQ(ask(TestTgs(second).encoded()).code, 44);
  EXPECT_EQ(ask(TestTgs(log_on()).encoded()).code, 0);
}

TEST_F(OnSqlite, TheLockOutCountsToTheThresholdAndEnds) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(log_on(crypto::Key::random(18)), 24);
  EXPECT_EQ(log_on(key_of(test_password)), 18);
  now_.seconds += policy_.lockout.duration;
  EXPECT_EQ(ask(TestRequest().with_timestamp(key_of(test_password), now_.seconds).encoded()).code, 0);
}

// A change that was decided on by what has changed since.
TEST_F(OnSqlite, OfTwoChangesOfAPasswordTheSecondOneFails) {
  const auto read = directory_->principal(tenant_.id, alice_.id);
  const auto change = [&](std::string_view password) {
    return account::change_password(*directory_, tenant_, policy_, *read, as_bytes(password), test_now,
                                    false);
  };
  EXPECT_TRUE(change("Quarry-Mandolin-77w"));
  const auto second = change("Turmoil-Viaduct-91x");
  ASSERT_FALSE(second);
  EXPECT_TRUE(std::holds_alternative<directory::Failure>(second.error()));
  EXPECT_EQ(log_on(key_of("Quarry-Mandolin-77w")), 0);
}

TEST_F(OnSqlite, AFormerPasswordIsNotCounted) {
  set_password("another password of hers");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(log_on(key_of(test_password)), 24);
  EXPECT_EQ(log_on(key_of("another password of hers")), 0);
}

}  // namespace
}  // namespace ferryman::kdc
