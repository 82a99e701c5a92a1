#include <gmock/gmock.h>

#include "crypto/encryption.h"
#include "explain/service.h"
#include "kerberos/codec.h"
#include "kerberos/numbers.h"
#include "kerberos/parts.h"

namespace ferryman::explain {
namespace {

using ::testing::HasSubstr;

class KeytabTest : public testing::Test {
 protected:
  static crypto::Key key(std::int32_t etype, std::uint8_t octet = 7) {
    return *crypto::Key::make(etype, Octets(crypto::find_etype(etype)->key_size, octet));
  }
  void add(std::uint32_t kvno, crypto::Key key) {
    keytab_.push_back({service_.realm, service_.components, 1, 0, kvno, std::move(key)});
  }
  Step judge() const {
    const crypto::Key own = key(kerberos::etype::aes256_sha1);
    const Octets cipher = crypto::encrypt(own, kerberos::key_usage::ticket, Octets(64));
    const kerberos::Name name = service_.kerberos_name(kerberos::name_type::srv_hst);
    const Octets ticket = kerberos::encode(
        kerberos::Ticket{service_.realm, name.view(), {kerberos::etype::aes256_sha1, 2, cipher}});
    return judge_keytab("www.keytab", keytab_, service_, ticket);
  }

  const Principal service_ = *parse_service("HTTP/www.example.com@EXAMPLE.COM");
  std::vector<crypto::KeytabEntry> keytab_;
};

TEST_F(KeytabTest, ItsKeyOpensTheTicket) {
  add(1, key(kerberos::etype::aes256_sha1, 1));
  add(2, key(kerberos::etype::aes256_sha1));
  EXPECT_EQ(judge().state, State::ok);
}

TEST_F(KeytabTest, AnOldOneIsNamedByItsKvno) {
  add(1, key(kerberos::etype::aes256_sha1));
  EXPECT_THAT(judge().text, HasSubstr("with kvno 1, and tickets are under kvno 2"));
}

TEST_F(KeytabTest, OneOfAnotherEtypeIsNamedByIt) {
  add(2, key(kerberos::etype::aes128_sha1));
  EXPECT_THAT(judge().text, HasSubstr("tickets are in aes256-cts-hmac-sha1-96"));
}

TEST_F(KeytabTest, AnotherKeyOfThatKvnoDoesNotOpenIt) {
  add(2, key(kerberos::etype::aes256_sha1, 9));
  EXPECT_THAT(judge().text, HasSubstr("another key"));
}

TEST_F(KeytabTest, ItMayHaveNoneOfTheService) {
  EXPECT_THAT(judge().text, HasSubstr("has no key of"));
}

}  // namespace
}  // namespace ferryman::explain
