#include "account/partial_ticket.h"

#include <gtest/gtest.h>

#include "crypto/encryption.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/numbers.h"
#include "pac/info.h"
#include "pac/logon_info.h"
#include "pac/signature.h"
#include "ticket/opened_ticket.h"
#include "ticket/ticket_pac.h"

namespace ferryman::account {
namespace {

constexpr std::int64_t now = 1'800'000'000;

class PartialTicket : public testing::Test {
 protected:
  PartialTicket() {
    who_.link = {"ad.example.com", "AD.EXAMPLE.COM", "AD", "S-1-5-21-9-8-7", 24125, 3, 18, 0, 0};
    who_.key = Secret(krbtgt_.octets());
    who_.user = {{}, "ad.example.com", "S-1-5-21-9-8-7-1104", "alice"};
  }
  Judged<UnaskedReply> make(bool may_go_further = true) const {
    return make_partial_ticket({}, {who_, may_go_further, now});
  }

  const crypto::Key krbtgt_ = crypto::Key::random(kerberos::etype::aes256_sha1);
  directory::AdIdentity who_;
};

TEST_F(PartialTicket, IsOneOfAReadOnlyDomainController) {
  const auto made = make();
  ASSERT_TRUE(made);
  const auto reply = kerberos::parse_kdc_rep(made->as_rep, kerberos::msg_type::as_rep);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->crealm, "AD.EXAMPLE.COM");
  EXPECT_TRUE(reply->cname.is({"alice"}));
  EXPECT_EQ(reply->ticket.enc_part.kvno, (24125U << 16) + 3);
  const auto key = crypto::Key::make(18, made->key.bytes());
  const auto plain = crypto::decrypt(*key, kerberos::key_usage::as_rep, reply->enc_part.cipher);
  ASSERT_TRUE(plain);
  const auto part = kerberos::parse<kerberos::EncKdcRepPart>(plain->bytes());
  ASSERT_TRUE(part);
  EXPECT_TRUE(part->sname.is({"krbtgt", "AD.EXAMPLE.COM"}));

  const auto opened = ticket::open_ticket(reply->ticket, krbtgt_);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->part.authtime, now);
  EXPECT_TRUE(opened->part.flags & kerberos::ticket_flag::forwardable);
  // The PAC is as a domain's own krbtgt would have it, but for the number beside the KDC's signature.
  const auto pac = ticket::verify_pac(*opened, krbtgt_, krbtgt_);
  EXPECT_FALSE(pac) << "it is no full domain controller's";
}

TEST_F(PartialTicket, SaysWhoAndNamesNoGroup) {
  const auto made = make();
  ASSERT_TRUE(made);
  const auto reply = kerberos::parse_kdc_rep(made->as_rep, kerberos::msg_type::as_rep);
  const auto opened = ticket::open_ticket(reply->ticket, krbtgt_);
  ASSERT_TRUE(opened);
  auto list = opened->part.authorization_data;
  kerberos::AuthorizationElement outer, inner;
  ASSERT_TRUE(list.next(outer));
  auto contents = kerberos::open_container(outer);
  ASSERT_TRUE(contents && contents->next(inner));
  const auto pac = pac::Pac::parse(inner.data);
  ASSERT_TRUE(pac);
  EXPECT_TRUE(pac::verify_server(*pac, krbtgt_));
  EXPECT_TRUE(pac::verify_kdc(*pac, {krbtgt_, 24125}));
  EXPECT_FALSE(pac::verify_kdc(*pac, {krbtgt_, 24126}));
  const auto info = pac::LogonInfo::parse(pac->find(pac::logon_info)->octets);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->user_id, 1104U);
  EXPECT_TRUE(info->groups.empty());
  EXPECT_TRUE(info->extra_sids.empty());
  EXPECT_EQ(pac::parse_requestor(pac->find(pac::requestor)->octets)->text(), who_.user.sid);
  EXPECT_FALSE(list.next(outer)) << "there is nothing else in it";
}

TEST_F(PartialTicket, GoesNoFurtherThanItsUser) {
  const auto made = make(false);
  const auto reply = kerberos::parse_kdc_rep(made->as_rep, kerberos::msg_type::as_rep);
  const auto opened = ticket::open_ticket(reply->ticket, krbtgt_);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->part.flags & (kerberos::ticket_flag::forwardable | kerberos::ticket_flag::proxiable));
}

TEST_F(PartialTicket, IsGivenToNobodyOfAnotherDomain) {
  who_.user.sid = "S-1-5-21-9-8-8-1104";
  EXPECT_EQ(make().error().code, kerberos::error_code::generic);
  who_.user.sid = "S-1-5-32-544";
  EXPECT_EQ(make().error().code, kerberos::error_code::generic);
  who_.user.sid = "S-1-5-21-9-8-7-1104";
  who_.user.name = "\xff";
  EXPECT_EQ(make().error().code, kerberos::error_code::generic);
}

}  // namespace
}  // namespace ferryman::account
