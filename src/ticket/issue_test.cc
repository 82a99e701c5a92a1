// Tickets as they are issued: libkrb5 opens and verifies them, and so do we.
#include "ticket/issue.h"

#include <gtest/gtest.h>

#include "kerberos/krb5_codecs.h"
#include "ticket/opened_ticket.h"
#include "ticket/test_tickets.h"

// Exported by libkrb5 but declared in no header of it.
extern "C" krb5_error_code krb5_decrypt_tkt_part(krb5_context, const krb5_keyblock*, krb5_ticket*);

namespace ferryman::ticket {
namespace {

krb5_keyblock keyblock_of(const crypto::Key& key) {
  krb5_keyblock block{};
  block.enctype = key.etype();
  block.length = static_cast<unsigned>(key.octets().size());
  block.contents = const_cast<krb5_octet*>(key.octets().data());
  return block;
}

class Libkrb5 : public testing::Test {
 protected:
  Libkrb5() { EXPECT_EQ(krb5_init_secure_context(&context_), 0); }
  ~Libkrb5() override { krb5_free_context(context_); }

  krb5_error_code verify(const Octets& octets, const char* service, const TestTicket& of) {
    krb5_data data{};
    data.length = static_cast<unsigned>(octets.size());
    data.data = const_cast<char*>(as_text(octets).data());
    krb5_ticket* ticket = nullptr;
    EXPECT_EQ(decode_krb5_ticket(&data, &ticket), 0);
    const krb5_keyblock key = keyblock_of(of.key), krbtgt = keyblock_of(of.krbtgt);
    EXPECT_EQ(krb5_decrypt_tkt_part(context_, &key, ticket), 0);
    krb5_principal server = nullptr, client = nullptr;
    EXPECT_EQ(krb5_parse_name(context_, service, &server), 0);
    EXPECT_EQ(krb5_parse_name(context_, "alice@R.TEST", &client), 0);
    krb5_pac pac = nullptr;
    krb5_error_code code = krb5_kdc_verify_ticket(context_, ticket->enc_part2, server, &key, &krbtgt, &pac);
    if (code == 0 && pac == nullptr) code = KRB5KRB_ERR_GENERIC;
    if (code == 0) code = krb5_pac_verify(context_, pac, test_now, client, &key, &krbtgt);
    krb5_pac_free(context_, pac);
    krb5_free_principal(context_, server);
    krb5_free_principal(context_, client);
    krb5_free_ticket(context_, ticket);
    return code;
  }

 private:
  krb5_context context_ = nullptr;
};

TEST_F(Libkrb5, VerifiesATgt) {
  const TestTicket tgt;
  EXPECT_EQ(verify(tgt.issued(), "krbtgt/R.TEST@R.TEST", tgt), 0);
}

TEST_F(Libkrb5, VerifiesAServiceTicketWithFurtherAuthorizationData) {
  TestTicket ticket;
  ticket.sname = kerberos::Name(kerberos::name_type::srv_hst, {"HTTP", "www.r.test"});
  ticket.krbtgt = crypto::Key::random(kerberos::etype::aes256_sha384);
  ticket.form = PacForm::service;
  constexpr std::uint8_t octets[] = {1, 2, 3};
  ticket.authorization.add({kerberos::authorization_data::restriction_entry, octets, {}});
  const Octets issued = ticket.issued();
  EXPECT_EQ(verify(issued, "HTTP/www.r.test@R.TEST", ticket), 0);

  const auto opened = open_ticket(TestTicket::read(issued), ticket.key);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(verify_service_pac(*opened, ticket.key, ticket.krbtgt));
  EXPECT_EQ(verify_service_pac(*opened, ticket.key, ticket.key).error().code, 41);
}

TEST(TgtPac, IsVerified) {
  const TestTicket tgt;
  const Octets issued = tgt.issued();
  const auto opened = open_ticket(TestTicket::read(issued), tgt.key);
  ASSERT_TRUE(opened);
  const auto pac = verify_tgt_pac(*opened, tgt.krbtgt);
  ASSERT_TRUE(pac);
  EXPECT_EQ(pac->requester, test_sid);
}

std::int32_t code_of(const TestTicket& tgt) {
  const Octets issued = tgt.issued();
  const auto opened = open_ticket(TestTicket::read(issued), tgt.key);
  if (!opened) return opened.error().code;
  const auto pac = verify_tgt_pac(*opened, tgt.key);
  return pac ? 0 : pac.error().code;
}

TEST(TgtPac, WithoutRequesterIsRevoked) {
  TestTicket tgt;
  tgt.with_requestor = false;
  EXPECT_EQ(code_of(tgt), 20);
}

TEST(TgtPac, OfAnotherClientIsModified) {
  TestTicket tgt;
  tgt.pac_name = u"bob";
  EXPECT_EQ(code_of(tgt), 41);
}

TEST(TgtPac, WhoseKdcSignatureIsNotRightIsModified) {
  TestTicket tgt;
  tgt.krbtgt = crypto::Key::random(kerberos::etype::aes256_sha1);
  EXPECT_EQ(code_of(tgt), 41);
}

TEST(TgtPac, BesideASecondOneIsModified) {
  TestTicket tgt;
  constexpr std::uint8_t octets[] = {0};
  AuthorizationList inner;
  inner.add({kerberos::authorization_data::win2k_pac, octets, {}});
  const Octets contents = kerberos::encode(inner.list());
  tgt.authorization.add({kerberos::authorization_data::if_relevant, contents, {}});
  EXPECT_EQ(code_of(tgt), 41);
}

TEST(TgtPac, CopiedForAServiceHasNoMarksOfATgt) {
  const TestTicket tgt;
  const Octets issued = tgt.issued();
  const auto opened = open_ticket(TestTicket::read(issued), tgt.key);
  const auto pac = verify_tgt_pac(*opened, tgt.key);
  const Octets tgts = copy_pac(pac->pac, PacForm::tgt).sign_tgt(tgt.key, {tgt.key});
  const Octets services = copy_pac(pac->pac, PacForm::service).sign_tgt(tgt.key, {tgt.key});
  EXPECT_NE(pac::Pac::parse(tgts)->find(pac::requestor), nullptr);
  EXPECT_EQ(pac::Pac::parse(services)->find(pac::requestor), nullptr);
  EXPECT_EQ(pac::Pac::parse(services)->find(pac::attributes_info), nullptr);
  EXPECT_NE(pac::Pac::parse(services)->find(pac::client_info), nullptr);
}

TEST(Authorization, OfAKdcsKindIsLeftOutWithItsContainer) {
  constexpr std::uint8_t octets[] = {1};
  AuthorizationList inner, from, to;
  inner.add({kerberos::authorization_data::win2k_pac, octets, {}});
  const Octets contents = kerberos::encode(inner.list());
  from.add({kerberos::authorization_data::if_relevant, contents, {}})
      .add({kerberos::authorization_data::win2k_pac, octets, {}})
      .add({kerberos::authorization_data::mit_sign_ticket, octets, {}})
      .add({kerberos::authorization_data::restriction_entry, octets, {}});
  ASSERT_TRUE(add_permitted(from.list(), to));
  kerberos::AuthorizationElement element;
  auto rest = to.list();
  ASSERT_TRUE(rest.next(element));
  EXPECT_EQ(element.type, kerberos::authorization_data::restriction_entry);
  EXPECT_FALSE(rest.next(element));
}

TEST(Authorization, ThatIsMandatoryForTheKdcIsRefused) {
  AuthorizationList inner, from, to;
  constexpr std::uint8_t octets[] = {1};
  inner.add({kerberos::authorization_data::restriction_entry, octets, {}});
  const Octets contents = kerberos::encode(inner.list());
  from.add({kerberos::authorization_data::mandatory_for_kdc, contents, {}});
  EXPECT_EQ(add_permitted(from.list(), to).error().code, 12);
}

TEST(Authorization, ThatCannotBeReadIsRefused) {
  AuthorizationList from, to;
  constexpr std::uint8_t octets[] = {1};
  from.add({kerberos::authorization_data::if_relevant, octets, {}});
  EXPECT_EQ(add_permitted(from.list(), to).error().code, 12);
}

}  // namespace
}  // namespace ferryman::ticket
