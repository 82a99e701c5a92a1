#include "kkdcp/message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace ferryman::kkdcp {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets kerberos(std::size_t size) {
  Octets octets(size, 0x55);
  octets[0] = 0x6a;
  return octets;
}

Octets encoded(const Message& message) {
  Octets out;
  EXPECT_TRUE(append(message, out));
  return out;
}

Fault fault_of(const Octets& octets) {
  const auto message = parse(octets);
  EXPECT_FALSE(message);
  return message ? Fault::no_space : message.error().fault;
}

TEST(KdcProxyMessage, ReadsWhatItWrote) {
  for (const std::size_t size : {6U, 100U, 127U, 128U, 300U, 70000U}) {
    for (const Framing framing : {Framing::prefixed, Framing::bare}) {
      const Octets inner = kerberos(size);
      const Octets octets = encoded({inner, framing, "EXAMPLE.COM", 0x40000400U});
      const auto message = parse(octets);
      ASSERT_TRUE(message);
      EXPECT_EQ(message->framing, framing);
      EXPECT_EQ(message->target_domain, "EXAMPLE.COM");
      EXPECT_EQ(message->dclocator_hint, 0x40000400U);
      EXPECT_TRUE(
          std::equal(inner.begin(), inner.end(), message->kerb_message.begin(), message->kerb_message.end()));
    }
  }
}

TEST(KdcProxyMessage, ReplyHeaderAndReplyAreTheEncodingWithKerbMessageAlone) {
  for (const std::size_t size : {6U, 120U, 121U, 122U, 123U, 124U, 250U, 1000U, 65530U, 131072U}) {
    for (const Framing framing : {Framing::prefixed, Framing::bare}) {
      const Octets inner = kerberos(size);
      const auto header = reply_header(size, framing);
      ASSERT_TRUE(header);
      Octets octets(header->octets, header->octets + header->size);
      octets.insert(octets.end(), inner.begin(), inner.end());
      EXPECT_EQ(octets, encoded({inner, framing, std::nullopt, std::nullopt}));
    }
  }
  EXPECT_FALSE(reply_header((std::size_t{1} << 31) + 1, Framing::prefixed));
}

TEST(KdcProxyMessage, TakesOtherStringTypesForTheRealm) {
  Octets octets = encoded({kerberos(10), Framing::prefixed, "AB", std::nullopt});
  const auto realm = std::find(octets.begin(), octets.end(), 0x1b);
  for (const std::uint8_t type : {0x0c, 0x13, 0x16}) {
    *realm = type;
    EXPECT_EQ(parse(octets)->target_domain, "AB");
  }
  *realm = 0x04;
  EXPECT_EQ(fault_of(octets), Fault::wrong_tag);
  *realm = 0x1b;
  realm[2] = '\n';
  EXPECT_EQ(fault_of(octets), Fault::bad_string);
}

TEST(KdcProxyMessage, AnEmptyRealmIsNone) {
  EXPECT_EQ(parse(encoded({kerberos(10), Framing::prefixed, "", std::nullopt}))->target_domain, std::nullopt);
}

TEST(KdcProxyMessage, TakesAHintWrittenAsANegativeInteger) {
  const Octets inner = {0x6a, 1, 2, 3, 4, 5};
  Octets octets = encoded({inner, Framing::bare, std::nullopt, 0x01020304U});
  const auto hint = octets.end() - 4;
  *hint = 0x80;
  EXPECT_EQ(parse(octets)->dclocator_hint, 0x80020304U);
}

TEST(KdcProxyMessage, KnowsABarePasswordChangeByItsOwnLength) {
  const Octets inner = {0x00, 0x07, 0xff, 0x80, 0x00, 0x00, 0x55};
  const auto message = parse(encoded({inner, Framing::bare, std::nullopt, std::nullopt}));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->framing, Framing::bare);
}

TEST(KdcProxyMessage, RefusesWhatIsNotOne) {
  EXPECT_EQ(fault_of({}), Fault::missing_field);
  EXPECT_EQ(fault_of({0x30, 0x00}), Fault::missing_field);
  EXPECT_EQ(fault_of({0x30, 0x80, 0x00, 0x00}), Fault::indefinite_length);
  EXPECT_EQ(fault_of({0x31, 0x00}), Fault::wrong_tag);
  const Octets inner = kerberos(10);
  const Octets good = encoded({inner, Framing::prefixed, "R", 1U});
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(parse(Bytes(good).first(size))) << size;
  }
  Octets longer = good;
  longer.push_back(0);
  EXPECT_EQ(fault_of(longer), Fault::trailing_bytes);
  Octets wrong_prefix = good;
  wrong_prefix[9] += 1;  // the last octet of the length
  EXPECT_EQ(fault_of(wrong_prefix), Fault::wrong_value);
}

TEST(KdcProxyMessage, RefusesUnknownAndRepeatedFields) {
  // [0] { OCTET STRING 6a 01 02 03 04 }, then one more field.
  const Octets first = {0xa0, 0x07, 0x04, 0x05, 0x6a, 1, 2, 3, 4};
  for (const std::uint8_t tag : {0xa0, 0xa3}) {
    Octets octets = {0x30, 0x0e};
    octets.insert(octets.end(), first.begin(), first.end());
    octets.insert(octets.end(), {tag, 0x03, 0x02, 0x01, 0x00});
    EXPECT_EQ(fault_of(octets), Fault::trailing_bytes);
  }
}

TEST(KdcProxyMessage, RefusesMessagesWithNothingInThem) {
  for (std::size_t size = 0; size <= 4; ++size) {
    Octets octets = {0x30, static_cast<std::uint8_t>(size + 4), 0xa0, static_cast<std::uint8_t>(size + 2),
                     0x04, static_cast<std::uint8_t>(size)};
    octets.insert(octets.end(), size, 0);
    EXPECT_EQ(fault_of(octets), Fault::truncated) << size;
  }
}

}  // namespace
}  // namespace ferryman::kkdcp
