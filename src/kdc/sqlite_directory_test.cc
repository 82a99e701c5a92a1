// The exchanges on the directory as it is kept on a disk.
#include "directory/sqlite_directory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

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
    directory_ = *directory::open_sqlite_directory({.file = folder_ + "/realm.db", .create = true},
                                                   std::move(*master));
    tenant_ =
        *directory_->create_tenant({.name = "example", .domains = {"example.test"}}, "R.TEST", aes, test_now);
    alice_ =
        *directory_->create_account(tenant_.id, {.name = "alice", .upns = {"alice@example.test"}}, test_now);
    web_ = *directory_->create_account(
        tenant_.id, {.kind = directory::AccountKind::service, .name = "WEB$", .spns = {"HOST/www.r.test"}},
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
  std::int32_t log_on(const crypto::Key& key) {
    return ask(TestRequest().with_timestamp(key).encoded()).code;
  }

  std::string folder_;
  std::unique_ptr<directory::SqliteDirectory> directory_;
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
  const auto signer = crypto::Key::make(18, krbtgt->front().key.bytes());
  EXPECT_TRUE(ticket::verify_service_pac(*opened, web_key_, *signer));
}

TEST_F(OnSqlite, ATgtOfARenamedAccountIsRevoked) {
  const crypto::Key key = key_of(test_password);
  const TestReply tgt = open_reply(ask(TestRequest().with_timestamp(key).encoded()), key, key_usage::as_rep);
  ASSERT_TRUE(tgt.ok());
  ASSERT_TRUE(directory_->rename_account(tenant_.id, alice_.id, "alison"));
  EXPECT_EQ(ask(TestTgs(tgt).encoded()).code, 20);
  ASSERT_TRUE(directory_->create_account(tenant_.id, {.name = "alice"}, test_now));
  EXPECT_EQ(ask(TestTgs(tgt).encoded()).code, 20);
}

TEST_F(OnSqlite, TheLockOutCountsToTheThresholdAndEnds) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(log_on(crypto::Key::random(18)), 24);
  EXPECT_EQ(log_on(key_of(test_password)), 18);
  now_.seconds += policy_.lockout.duration;
  EXPECT_EQ(ask(TestRequest().with_timestamp(key_of(test_password), now_.seconds).encoded()).code, 0);
}

TEST_F(OnSqlite, AFormerPasswordIsNotCounted) {
  set_password("another password of hers");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(log_on(key_of(test_password)), 24);
  EXPECT_EQ(log_on(key_of("another password of hers")), 0);
}

}  // namespace
}  // namespace ferryman::kdc
