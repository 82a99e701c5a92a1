#include "ticket/opened_ticket.h"

#include <gtest/gtest.h>

#include "crypto/encryption.h"
#include "ticket/secret_codec.h"
#include "ticket/test_tickets.h"

namespace ferryman::ticket {
namespace {

namespace flag = kerberos::ticket_flag;
constexpr std::int32_t usage = kerberos::key_usage::tgs_req_authenticator;
constexpr std::int64_t skew = 300;

struct Presented : TestTicket {
  kerberos::Name named{kerberos::name_type::principal, {"alice"}};
  std::string_view crealm = "R.TEST";
  std::int64_t ctime = test_now;
  ApCheck check{test_now, skew, false};

  std::int32_t code() const {
    const Octets octets = issued();
    const auto ticket = open_ticket(read(octets), key);
    if (!ticket) return ticket.error().code;
    kerberos::Authenticator authenticator;
    authenticator.crealm = crealm;
    authenticator.cname = named.view();
    authenticator.ctime = ctime;
    const Octets cipher = crypto::encrypt(session, usage, kerberos::encode(authenticator));
    const auto opened = open_authenticator({session.etype(), {}, cipher}, ticket->session_key, usage);
    if (!opened) return opened.error().code;
    const auto judged = check_ap(*ticket, *opened, check);
    return judged ? 0 : judged.error().code;
  }
};

TEST(ApCheck, TakesWhatIsRight) {
  EXPECT_EQ(Presented().code(), 0);
}

TEST(ApCheck, ComparesTheClientBeforeTheClock) {
  Presented presented;
  presented.ctime = test_now + skew + 1;
  EXPECT_EQ(presented.code(), 37);
  presented.crealm = "OTHER.TEST";
  EXPECT_EQ(presented.code(), 36);
}

TEST(ApCheck, ComparesTheClientsName) {
  Presented presented;
  presented.named = kerberos::Name(kerberos::name_type::principal, {"bob"});
  EXPECT_EQ(presented.code(), 36);
}

TEST(ApCheck, GrantsTheSkewBothWays) {
  Presented presented;
  for (const std::int64_t off : {-skew, skew}) {
    presented.ctime = test_now + off;
    EXPECT_EQ(presented.code(), 0);
  }
  for (const std::int64_t off : {-skew - 1, skew + 1}) {
    presented.ctime = test_now + off;
    EXPECT_EQ(presented.code(), 37);
  }
}

TEST(ApCheck, LooksAtTheTicketsTimes) {
  Presented early;
  early.lifetime.start = test_now + skew + 1;
  EXPECT_EQ(early.code(), 33);
  Presented expired;
  expired.lifetime.end = test_now - 1;
  EXPECT_EQ(expired.code(), 32);
}

TEST(ApCheck, RefusesAnInvalidTicketUnlessItIsToBeValidated) {
  Presented invalid;
  invalid.flags |= flag::invalid;
  EXPECT_EQ(invalid.code(), 33);
  invalid.check.validate = true;
  EXPECT_EQ(invalid.code(), 0);
}

TEST(OpenTicket, RefusesOtherKeysEtypesAndShortCiphers) {
  const TestTicket tgt;
  const Octets issued = tgt.issued();
  auto ticket = TestTicket::read(issued);
  EXPECT_EQ(open_ticket(ticket, tgt.session).error().code, 31);
  EXPECT_EQ(open_ticket(ticket, crypto::Key::random(18)).error().code, 31);
  for (std::size_t size = 0; size < 64; ++size) {
    ticket.enc_part.cipher = TestTicket::read(issued).enc_part.cipher.first(size);
    EXPECT_EQ(open_ticket(ticket, tgt.key).error().code, 31) << size;
  }
}

TEST(OpenTicket, RefusesWhatIsNoTicketInside) {
  const TestTicket tgt;
  const Octets text{0x30, 0x00};
  const Octets cipher = crypto::encrypt(tgt.key, kerberos::key_usage::ticket, text);
  EXPECT_EQ(open_ticket({tgt.realm, tgt.sname.view(), {18, 2, cipher}}, tgt.key).error().code, 31);
}

TEST(OpenAuthenticator, RefusesAnotherUsage) {
  const TestTicket tgt;
  kerberos::Authenticator authenticator;
  authenticator.crealm = tgt.realm;
  authenticator.cname = tgt.cname.view();
  const Octets cipher = crypto::encrypt(tgt.session, kerberos::key_usage::ap_req_authenticator,
                                        kerberos::encode(authenticator));
  EXPECT_EQ(open_authenticator({17, {}, cipher}, tgt.session, usage).error().code, 31);
}

}  // namespace
}  // namespace ferryman::ticket
