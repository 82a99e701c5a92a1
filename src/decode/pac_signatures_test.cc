#include "decode/pac_signatures.h"

#include <gtest/gtest.h>

#include <memory>

#include "decode/pac.h"
#include "pac/builder.h"
#include "pac/info.h"

namespace ferryman::decode {
namespace {

KeyPointer key_of(const crypto::Key& key, const std::string& name, std::uint32_t kvno, bool is_krbtgt,
                  std::uint16_t rodc = 0, const std::string& realm = "R") {
  return std::make_shared<Key>(
      Key{key.copy(), kvno, "key of " + name + ", kvno " + std::to_string(kvno), realm, is_krbtgt, rodc});
}

// An EncTicketPart in little: what stands around the PAC matters to one signature only.
struct Ticket {
  explicit Ticket(const Octets& pac) {
    octets = {0x63,
              0x82,
              static_cast<std::uint8_t>((pac.size() + 4) >> 8),
              static_cast<std::uint8_t>(pac.size() + 4),
              0x04,
              0x82,
              static_cast<std::uint8_t>(pac.size() >> 8),
              static_cast<std::uint8_t>(pac.size())};
    octets.insert(octets.end(), pac.begin(), pac.end());
  }
  Bytes pac() const { return Bytes(octets).subspan(8); }
  Octets octets;
};
const Octets signed_ticket{0x63, 3, 4, 1, 0};

class PacSignatures : public testing::Test {
 protected:
  PacSignatures() {
    builder_.add(pac::client_info, pac::ClientInfo{pac::file_time(0), u"alice"}.write());
    builder_.add(pac::client_claims, Octets(256));  // so that lengths have two octets
  }

  Octets make(std::uint16_t rodc = 0) const {
    return builder_.sign_service_ticket(server_, {krbtgt_, rodc}, signed_ticket);
  }
  static std::string note(const Node& pac, std::string_view buffer) {
    for (const Node& part : pac.children) {
      if (part.name == buffer) return part.children.at(1).note;
    }
    return "absent";
  }
  // The notes of 6, 7, 16 and 19.
  std::vector<std::string> notes(const Octets& pac, const std::vector<KeyPointer>& keytab,
                                 bool has_ticket = true) const {
    const Ticket ticket(pac);
    const PacChecker checker{keytab, key_of(server_, "HTTP/www@R", 2, false),
                             has_ticket ? Bytes(ticket.octets) : Bytes()};
    const Node node = decode_pac(ticket.pac(), {}, checker);
    return {note(node, "SERVER_CHECKSUM"), note(node, "KDC_CHECKSUM"), note(node, "TICKET_CHECKSUM"),
            note(node, "FULL_CHECKSUM")};
  }
  static Octets changed(Octets pac, pac::BufferType type) {
    const std::size_t at = pac::Pac::parse(pac)->find(type)->offset + 4;
    pac[at] ^= 1;
    return pac;
  }

  crypto::Key server_ = crypto::Key::random(18), krbtgt_ = crypto::Key::random(18);
  pac::Builder builder_;
  using Notes = std::vector<std::string>;
};

TEST_F(PacSignatures, AllAreVerified) {
  const std::string by_krbtgt = "verified with the key of krbtgt/R@R, kvno 1";
  EXPECT_EQ(notes(make(), {key_of(krbtgt_, "krbtgt/R@R", 1, true)}),
            (Notes{"verified with the key of HTTP/www@R, kvno 2", by_krbtgt, by_krbtgt, by_krbtgt}));
}

TEST_F(PacSignatures, AForgedOneIsWrongWhereItsKeyIsAtHand) {
  const std::vector<KeyPointer> keytab{key_of(krbtgt_, "krbtgt/R@R", 1, true)};
  const std::string wrong = "wrong: not made with the key of krbtgt/R@R, kvno 1";
  EXPECT_EQ(notes(changed(make(), pac::kdc_checksum), keytab)[1], wrong);
  EXPECT_EQ(notes(changed(make(), pac::ticket_checksum), keytab)[2], wrong);
  EXPECT_EQ(notes(changed(make(), pac::full_checksum), keytab)[3], wrong);
  EXPECT_EQ(notes(changed(make(), pac::server_checksum), keytab)[0],
            "wrong: not made with the key of HTTP/www@R, kvno 2");
  const Octets other = builder_.sign_service_ticket(server_, {crypto::Key::random(18)}, signed_ticket);
  EXPECT_EQ(notes(other, {keytab[0], key_of(crypto::Key::random(18), "krbtgt/R@R", 3, true)})[3],
            wrong + ", nor with the key of krbtgt/R@R, kvno 3");
}

TEST_F(PacSignatures, WithoutTheKeyItIsToldWhichIsWanted) {
  const std::vector<KeyPointer> others{
      key_of(server_, "HTTP/www@R", 2, false),
      key_of(crypto::Key::random(18), "krbtgt/OTHER@OTHER", 1, true, 0, "OTHER"),
      key_of(crypto::Key::random(17), "krbtgt/R@R", 1, true)};
  const std::string none = "not checked: no key of the krbtgt of R that makes hmac-sha1-96-aes256";
  EXPECT_EQ(notes(make(), others), (Notes{"verified with the key of HTTP/www@R, kvno 2", none, none, none}));
  EXPECT_EQ(notes(make(), others, false)[2], "not checked: the ticket that it covers is not at hand");
  EXPECT_EQ(note(decode_pac(make(), {}, {}), "SERVER_CHECKSUM"),
            "not checked: the key that opens its ticket is not at hand");
}

TEST_F(PacSignatures, OfAReadOnlyDcAreHeldAgainstItsKey) {
  const std::vector<KeyPointer> keytab{key_of(crypto::Key::random(18), "krbtgt/R@R", 1, true),
                                       key_of(krbtgt_, "krbtgt_7@R", (7U << 16) + 1, true, 7)};
  const std::string by_rodc = "verified with the key of krbtgt_7@R, kvno 458753";
  EXPECT_EQ(notes(make(7), keytab),
            (Notes{"verified with the key of HTTP/www@R, kvno 2", by_rodc, by_rodc, by_rodc}));
  EXPECT_EQ(notes(changed(make(7), pac::kdc_checksum), keytab)[1],
            "wrong: not made with the key of krbtgt_7@R, kvno 458753");
  EXPECT_EQ(notes(make(8), keytab)[1],
            "not checked: no key of read-only DC 8's krbtgt of R that makes hmac-sha1-96-aes256");
  const Octets pac = make(7);
  EXPECT_EQ(decode_pac(pac, {}, {}).children.at(4).children.at(2).value, "7");
}

}  // namespace
}  // namespace ferryman::decode
