#include "login/cloud_ticket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "crypto/encryption.h"
#include "kerberos/codec.h"
#include "kerberos/numbers.h"
#include "signin/prt_answer.h"

namespace ferryman::login {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::string_view realm = "CLOUD.TEST";
const Octets session_key(32, 3), ticket_session_key(32, 5);

const crypto::Key& client_key() {
  static const crypto::Key key = crypto::Key::random(18);
  return key;
}

// What a KDC's reply is made of, so that a test can bend it.
struct Parts {
  kerberos::Name client{1, {"alice"}}, service{2, {"krbtgt", realm}}, other_service{2, {"HTTP", "www"}};
  std::string_view srealm = realm;
  bool of_another_service = false;
  std::int32_t usage = kerberos::key_usage::as_rep;
};

Octets as_rep(const Parts& parts) {
  kerberos::EncKdcRepPart part;
  part.key = {18, ticket_session_key};
  kerberos::Made<kerberos::LastReq> last_req;
  last_req.add({});
  part.last_req = last_req.list();
  part.authtime = 1'800'000'000;
  part.endtime = 1'800'036'000;
  part.srealm = parts.srealm;
  part.sname = parts.service.view();
  const Octets cipher = crypto::encrypt(client_key(), parts.usage, kerberos::encode(part));
  const Octets ticket_cipher(64, 1);
  kerberos::WrittenKdcRep message;
  message.rep.crealm = realm;
  message.rep.cname = parts.client.view();
  message.rep.ticket = {realm,
                        parts.of_another_service ? parts.other_service.view() : parts.service.view(),
                        {18, 1, ticket_cipher}};
  message.rep.enc_part = {18, std::nullopt, cipher};
  return kerberos::encode(message);
}

std::string text_of(const Parts& parts = {}) {
  return signin::ticket_text(
      {as_rep(parts), client_key().octets(), std::string(realm), "krbtgt/CLOUD.TEST", "alice"}, session_key);
}

Outcome<CloudTicket> open(std::string_view text) {
  return CloudTicket::open(as_bytes(text), session_key);
}

void expect_refused(std::string_view text, const char* part) {
  const auto ticket = open(text);
  ASSERT_FALSE(ticket.has_value()) << text;
  EXPECT_EQ(ticket.error().fault, Fault::refused);
  EXPECT_THAT(ticket.error().text, HasSubstr(part));
}

TEST(CloudTicket, IsReadAsTheServerWritesIt) {
  auto opened = open(text_of());
  ASSERT_TRUE(opened.has_value()) << opened.error().text;
  const CloudTicket ticket = std::move(*opened);  // its views go along
  EXPECT_EQ(ticket.principal(), "alice@CLOUD.TEST");
  EXPECT_EQ(ticket.part().endtime, 1'800'036'000);
  const Credential credential = ticket.credential();
  EXPECT_EQ(Octets(credential.part.key.value.begin(), credential.part.key.value.end()), ticket_session_key);
  const auto der = kerberos::parse<kerberos::Ticket>(credential.ticket);
  ASSERT_TRUE(der.has_value()) << "the ticket alone, header and content";
  EXPECT_EQ(der->realm, realm);
}

TEST(CloudTicket, OneThatIsNotThereIsTold) {
  expect_refused(signin::no_ticket_text("the account has no keys"), "the account has no keys");
  expect_refused("{}", "no key");
  expect_refused("text", "no JSON");
}

TEST(CloudTicket, OneForAnotherSessionIsNone) {
  const Octets other(32, 4);
  const std::string text = text_of();
  EXPECT_FALSE(CloudTicket::open(as_bytes(text), other).has_value());
  json changed = json::parse(text);
  changed["keyType"] = 17;
  expect_refused(changed.dump(), "type");
  changed = json::parse(text);
  Octets message = *octets_of_base64(changed["messageBuffer"].get<std::string>());
  message.back() ^= 1;
  changed["messageBuffer"] = base64_of(message);
  expect_refused(changed.dump(), "another key");
  changed["messageBuffer"] = base64_of(as_bytes("no DER"));
  expect_refused(changed.dump(), "no AS-REP");
}

TEST(CloudTicket, ItsNamesAgree) {
  Parts parts;
  parts.usage = kerberos::key_usage::as_rep + 1;
  expect_refused(text_of(parts), "another key");
  parts = {};
  parts.srealm = "OTHER.TEST";
  expect_refused(text_of(parts), "names");
  parts = {};
  parts.of_another_service = true;
  expect_refused(text_of(parts), "names");
  parts = {};
  parts.service = kerberos::Name(2, {"HTTP", "www"});
  expect_refused(text_of(parts), "names");
}

}  // namespace
}  // namespace ferryman::login
