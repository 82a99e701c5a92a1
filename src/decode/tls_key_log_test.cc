#include "decode/tls_key_log.h"

#include <gtest/gtest.h>

#include <string>

namespace ferryman::decode {
namespace {

const std::string random_digits = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

Octets random_octets() {
  Octets random;
  for (std::uint8_t i = 0; i < 32; ++i) random.push_back(i);
  return random;
}

TEST(TlsKeyLog, HasSecretsByTheRandomOfTheClient) {
  TlsKeyLog log;
  EXPECT_EQ(log.add(as_bytes("# a remark\nCLIENT_RANDOM " + random_digits +
                             " abcd\r\nSERVER_TRAFFIC_SECRET_0 " + random_digits + " 01")),
            2U);
  const TlsSecrets* found = log.find(random_octets());
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(as_text(found->master.bytes()), "\xab\xcd");
  EXPECT_EQ(as_text(found->server_application.bytes()), "\x01");
  EXPECT_TRUE(found->client_application.empty());
  EXPECT_EQ(log.find(Octets(32)), nullptr);
  EXPECT_EQ(log.find({}), nullptr);
}

TEST(TlsKeyLog, PassesOverWhatIsNoSecret) {
  TlsKeyLog log;
  const std::string long_secret(130, 'a');
  for (const std::string& rest : {std::string(), std::string(" "), std::string(" a"), std::string(" xy"),
                                  std::string(" ab cd"), std::string(" ab "), " " + long_secret})
    log.add(as_bytes("CLIENT_RANDOM " + random_digits + rest));
  log.add(as_bytes("CLIENT_RANDOM 00 abcd\n\n \nEXPORTER_SECRET " + random_digits + " abcd"));
  EXPECT_TRUE(log.empty());
}

TEST(TlsKeyLog, KeepsTheFirstOfTwo) {
  TlsKeyLog log;
  const std::string line = "CLIENT_RANDOM " + random_digits;
  EXPECT_EQ(log.add(as_bytes(line + " 01\n" + line + " 02\n")), 2U);
  EXPECT_EQ(as_text(log.find(random_octets())->master.bytes()), "\x01");
}

void append(Octets& out, std::uint32_t number, bool big) {
  for (unsigned i = 0; i < 4; ++i)
    out.push_back(static_cast<std::uint8_t>(number >> (big ? 24 - 8 * i : 8 * i)));
}

Octets block(std::uint32_t type, const Octets& body, bool big) {
  Octets out;
  const auto size = static_cast<std::uint32_t>(12 + body.size());
  append(out, type, big);
  append(out, size, big);
  out.insert(out.end(), body.begin(), body.end());
  append(out, size, big);
  return out;
}

// A section header and a block of secrets.
Octets capture(std::uint32_t secrets_type, std::string line, bool big) {
  Octets header, secrets;
  for (const std::uint32_t number : {0x1a2b3c4dU, 1U, 0xffffffffU, 0xffffffffU}) append(header, number, big);
  append(secrets, secrets_type, big);
  append(secrets, static_cast<std::uint32_t>(line.size()), big);
  line.resize((line.size() + 3) / 4 * 4);
  secrets.insert(secrets.end(), line.begin(), line.end());
  Octets out = block(0x0a0d0d0a, header, big);
  const Octets other = block(6, Octets(20), big), last = block(10, secrets, big);
  out.insert(out.end(), other.begin(), other.end());
  out.insert(out.end(), last.begin(), last.end());
  return out;
}

TEST(EmbeddedSecrets, AreReadInBothOrdersOfOctets) {
  const std::string line = "CLIENT_RANDOM " + random_digits + " 01\n";
  for (const bool big : {false, true}) {
    TlsKeyLog log;
    EXPECT_EQ(add_embedded_secrets(capture(0x544c534b, line, big), log), 1U);
    EXPECT_NE(log.find(random_octets()), nullptr);
    EXPECT_EQ(add_embedded_secrets(capture(0x57474b4c, line, big), log), 0U);  // WireGuard's
  }
}

TEST(EmbeddedSecrets, AreNotLookedForBehindWhatIsNoBlock) {
  const Octets whole = capture(0x544c534b, "CLIENT_RANDOM " + random_digits + " 01\n", false);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    TlsKeyLog log;
    EXPECT_EQ(add_embedded_secrets(Bytes(whole).first(size), log), 0U) << size;
  }
  Octets wrong = whole;
  wrong[4] = 0;  // a block of no length
  TlsKeyLog log;
  EXPECT_EQ(add_embedded_secrets(wrong, log), 0U);
}

}  // namespace
}  // namespace ferryman::decode
