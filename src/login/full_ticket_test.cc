#include "login/full_ticket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/checksum.h"
#include "kerberos/kile_padata.h"
#include "kerberos/request.h"
#include "login/test_domain.h"
#include "signin/prt_answer.h"

namespace ferryman::login {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace padata = kerberos::padata;
namespace option = kerberos::kdc_option;

constexpr std::int64_t now = 1'800'000'100;
const Octets prt_session_key(32, 3);

CloudTicket partial_of(const TestDomain& domain) {
  const TestDomain::Partial partial = domain.partial();
  const std::string text =
      signin::ticket_text({partial.as_rep, partial.key.octets(), "AD.TEST"}, prt_session_key);
  return CloudTicket::open(as_bytes(text), prt_session_key).value();
}

// A domain, a client's request, and what the domain's controller opened of it.
struct Exchange {
  explicit Exchange(bool wants_keys = false) : Exchange(TestDomain(), wants_keys) {}
  explicit Exchange(TestDomain of, bool wants_keys = false)
      : domain(std::move(of)),
        partial(partial_of(domain)),
        request(FullTicketRequest::make(partial, now, wants_keys).value()),
        opened(domain.open(request.message()).value()) {}

  Outcome<FullTicket> answered(const TestReply& reply = {}) const {
    return FullTicket::read(TestDomain::answer(opened, reply), request.asked());
  }
  void expect_refused(const TestReply& reply, const char* part) const {
    const auto ticket = answered(reply);
    ASSERT_FALSE(ticket.has_value()) << part;
    EXPECT_EQ(ticket.error().fault, Fault::refused);
    EXPECT_THAT(ticket.error().text, HasSubstr(part));
  }

  TestDomain domain;
  CloudTicket partial;
  FullTicketRequest request;
  OpenedRequest opened;
};

std::vector<std::int32_t> numbers(kerberos::EtypeList list) {
  std::vector<std::int32_t> found;
  for (std::int32_t each = 0; list.next(each);) found.push_back(each);
  return found;
}

TEST(FullTicket, IsAskedForAtTheRealmsOwnKrbtgt) {
  const Exchange exchange;
  const kerberos::KdcReqBody& body = exchange.opened.req.body;
  EXPECT_EQ(exchange.opened.req.msg_type, kerberos::msg_type::tgs_req);
  EXPECT_EQ(body.realm, test_domain);
  EXPECT_TRUE(body.sname->is({"krbtgt", test_domain}));
  EXPECT_FALSE(body.cname);
  EXPECT_EQ(body.kdc_options, option::canonicalize | option::forwardable | option::renewable);
  EXPECT_THAT(numbers(body.etypes), ElementsAre(18, 17));
  EXPECT_GE(body.nonce, 0);
  EXPECT_LT(body.nonce, std::int64_t{1} << 31);
  EXPECT_NE(Exchange().opened.req.body.nonce, body.nonce);
  const auto carried = kerberos::parse_request(exchange.request.message());
  ASSERT_TRUE(carried.has_value()) << "as the gateway reads it";
  EXPECT_EQ(carried->realm(), test_domain);
}

TEST(FullTicket, ShowsThePartialOneWithAFreshSubkey) {
  const Exchange exchange;
  const kerberos::Authenticator& shown = exchange.opened.authenticator;
  EXPECT_EQ(shown.crealm, test_domain);
  EXPECT_TRUE(shown.cname.is({"alice"}));
  EXPECT_EQ(shown.ctime, now);
  ASSERT_TRUE(shown.checksum);
  EXPECT_TRUE(crypto::verify_checksum(exchange.domain.session_key, kerberos::key_usage::tgs_req_checksum,
                                      shown.checksum->type, exchange.opened.req.body.octets,
                                      shown.checksum->value));
  EXPECT_NE(Octets(shown.subkey->value.begin(), shown.subkey->value.end()),
            Octets(exchange.domain.session_key.octets().begin(), exchange.domain.session_key.octets().end()));
  EXPECT_EQ(exchange.opened.ap_req.ap_options, 0U);
}

TEST(FullTicket, AsksForAFullDomainController) {
  const Exchange exchange;
  kerberos::PadataList list = exchange.opened.req.padata;
  kerberos::Padata first;
  ASSERT_TRUE(list.next(first));
  EXPECT_EQ(first.type, padata::tgs_req);
  const auto options = list.find(padata::pac_options);
  ASSERT_TRUE(options);
  EXPECT_EQ(kerberos::parse<kerberos::PacOptions>(options->value)->flags, 0xa0000000U);
  EXPECT_FALSE(list.has(padata::key_list_req));
}

TEST(FullTicket, TheVersionOfARodcsKeyIsASignedNumber) {
  const Exchange exchange;
  EXPECT_EQ(exchange.opened.ap_req.ticket.enc_part.kvno, 0xd04d0007U);
  const Octets negative{0xa1, 0x06, 0x02, 0x04, 0xd0, 0x4d, 0x00, 0x07};
  const Bytes message = exchange.request.message();
  EXPECT_NE(std::search(message.begin(), message.end(), negative.begin(), negative.end()), message.end())
      << "kvno [1], four octets";
}

TEST(FullTicket, NothingIsAskedForThatThePartialOneIsNot) {
  TestDomain domain;
  domain.flags = kerberos::ticket_flag::renewable;
  EXPECT_EQ(Exchange(std::move(domain)).opened.req.body.kdc_options,
            option::canonicalize | option::renewable);
}

TEST(FullTicket, APartialOneForAnotherRealmIsNotShown) {
  TestDomain domain;
  domain.client_realm = "CLOUD.TEST";
  const CloudTicket partial = partial_of(domain);
  EXPECT_THAT(FullTicketRequest::make(partial, now, false).error().text, HasSubstr("another realm"));
}

TEST(FullTicket, IsWhatTheDomainControllerGives) {
  const Exchange exchange;
  auto read = exchange.answered();
  ASSERT_TRUE(read.has_value()) << read.error().text;
  const FullTicket ticket = std::move(*read);  // its views go along
  EXPECT_TRUE(ticket.client().name.is({"alice"}));
  EXPECT_EQ(ticket.client().realm, test_domain);
  EXPECT_EQ(ticket.part().endtime, 4'070'955'600);
  EXPECT_EQ(ticket.credential().part.key.value.size(), 32U);
  EXPECT_TRUE(kerberos::parse<kerberos::Ticket>(ticket.credential().ticket).has_value());
  EXPECT_THAT(ticket.listed_keys(), IsEmpty());
}

TEST(FullTicket, AReplyToSomethingElseIsRefused) {
  const Exchange exchange;
  TestReply reply;
  reply.nonce_shift = 1;
  exchange.expect_refused(reply, "another request");
  reply = {};
  reply.client = kerberos::Name(1, {"bob"});
  exchange.expect_refused(reply, "another user");
  reply = {};
  reply.crealm = "OTHER.TEST";
  exchange.expect_refused(reply, "another user");
  for (const auto member : {&TestReply::realm, &TestReply::srealm}) {
    reply = {};
    reply.*member = "OTHER.TEST";
    exchange.expect_refused(reply, "something else");
  }
  reply = {};
  reply.encrypted_service = kerberos::Name(2, {"krbtgt", "OTHER.TEST"});
  exchange.expect_refused(reply, "something else");
  reply = {};
  reply.service = kerberos::Name(2, {"HTTP", "www.ad.test"});
  exchange.expect_refused(reply, "something else");
}

TEST(FullTicket, AnotherKeyIsRefused) {
  const Exchange exchange;
  TestReply reply;
  reply.usage = kerberos::key_usage::tgs_rep_session_key;
  exchange.expect_refused(reply, "another key");
  reply = {};
  reply.etype = kerberos::etype::rc4_hmac;
  reply.key_size = 16;
  exchange.expect_refused(reply, "type");
  reply = {};
  reply.key_size = 16;
  exchange.expect_refused(reply, "type");
  const crypto::Key other = crypto::Key::random(18);
  const auto foreign = FullTicket::read(TestDomain::answer(exchange.opened.req.body.nonce, other, {}),
                                        exchange.request.asked());
  EXPECT_THAT(foreign.error().text, HasSubstr("another key"));
  EXPECT_THAT(FullTicket::read(Octets{0x30, 0x00}, exchange.request.asked()).error().text,
              HasSubstr("no TGS-REP"));
}

TEST(FullTicket, ARefusalIsSaidInWords) {
  const Exchange exchange;
  const auto words = [&](std::int32_t code) {
    return FullTicket::read(TestDomain::refusal(code), exchange.request.asked()).error().text;
  };
  EXPECT_EQ(words(20),
            "the domain AD.TEST does not let this account in by cloud trust: it is in a group whose secrets "
            "are never revealed, or in none that may be (KDC_ERR_TGT_REVOKED)");
  EXPECT_THAT(words(44), HasSubstr("does not know the key"));
  EXPECT_THAT(words(44), HasSubstr("ferryman realm ad rotate"));
  EXPECT_THAT(words(31), HasSubstr("ferryman realm ad check"));
  EXPECT_THAT(words(6), HasSubstr("no account of this name"));
  EXPECT_THAT(words(60), HasSubstr("cannot use the cloud's ticket"));
  EXPECT_THAT(words(37), HasSubstr("clock"));
  EXPECT_THAT(words(4711), HasSubstr("(KRB-ERROR 4711)"));
}

TEST(FullTicket, AskedForKeysItSaysWhichCameAndForgetsThem) {
  const Exchange exchange(true);
  const auto asked = exchange.opened.req.padata.find(padata::key_list_req);
  ASSERT_TRUE(asked);
  EXPECT_THAT(numbers(kerberos::parse<kerberos::KeyListReq>(asked->value)->etypes), ElementsAre(23));

  const Octets key(16, 0xab);
  const std::vector<kerberos::EncryptionKey> keys{{23, key}};
  TestReply reply;
  reply.encrypted_padata = {{padata::supported_enctypes, Octets(4, 0)},
                            {padata::key_list_rep, kerberos::encode(kerberos::WrittenKeyList{keys})}};
  const auto ticket = exchange.answered(reply);
  ASSERT_TRUE(ticket.has_value()) << ticket.error().text;
  EXPECT_THAT(ticket->listed_keys(), ElementsAre(23));
  EXPECT_TRUE(ticket->part().encrypted_pa_data.empty());

  reply.encrypted_padata = {{padata::key_list_rep, Octets{0x30, 0x03, 0x02, 0x01, 0x17}}};
  EXPECT_THAT(exchange.answered(reply)->listed_keys(), IsEmpty()) << "etypes are no keys";
}

}  // namespace
}  // namespace ferryman::login
