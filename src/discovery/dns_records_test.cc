#include "discovery/dns_records.h"

#include <gtest/gtest.h>

namespace ferryman::discovery {
namespace {

TEST(DnsRecords, TakesTheAddressesThatAnSrvAnswerBringsAlong) {
  std::vector<std::uint8_t> message{0, 1, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 3};
  const auto add = [&](std::uint8_t type, std::vector<std::uint8_t> data) {
    message.insert(message.end(), {1, 'k', 0, 0, type, 0, 1, 0, 0, 0, 60, 0});
    message.push_back(static_cast<std::uint8_t>(data.size()));
    message.insert(message.end(), data.begin(), data.end());
  };
  add(1, {10, 0, 0, 1});
  add(28, std::vector<std::uint8_t>(16, 0xfd));
  add(1, {10, 0, 0});  // no address
  const DnsRecords records = read_dns_records(message);
  EXPECT_FALSE(records.malformed);
  ASSERT_EQ(records.addresses.size(), 2U);
  EXPECT_EQ(records.addresses[0].name, "k");
  EXPECT_EQ(records.addresses[0].address.to_string(), "10.0.0.1");
  EXPECT_EQ(records.addresses[0].ttl_seconds, 60U);
  EXPECT_TRUE(records.addresses[1].address.is_v6());
}

TEST(DnsRecords, KeepsABoundedNumberAndTheLeastTtl) {
  std::vector<std::uint8_t> message{0, 1, 0x81, 0x80, 0, 0, 0, 200, 0, 0, 0, 0};
  for (int i = 0; i < 200; ++i) {
    const std::vector<std::uint8_t> record{
        0, 0, 33, 0, 1, 0, 0, 0, static_cast<std::uint8_t>(200 - i), 0, 10, 0, 1, 0, 2, 0, 88, 1, 'k', 0};
    message.insert(message.end(), record.begin(), record.end());
    message[message.size() - 10] = 0;
  }
  // RDLENGTH is 6 + 3 octets.
  for (std::size_t at = 12; at + 20 <= message.size(); at += 20) {
    message[at + 9] = 0;
    message[at + 10] = 9;
    message[at + 11] = 0;
    message[at + 12] = 1;
  }
  const auto records = read_dns_records(message);
  EXPECT_FALSE(records.malformed);
  ASSERT_EQ(records.srv.size(), max_records);
  EXPECT_EQ(records.srv[0].target, "k");
  EXPECT_EQ(records.srv[0].port, 88);
}

TEST(DnsRecords, EveryShorterFormIsMalformedOrSmaller) {
  const std::vector<std::uint8_t> message{0, 1, 0x81, 0x80, 0,  0, 0, 1, 0, 0, 0, 0, 0,  0, 33,  0,
                                          1, 0, 0,    0,    60, 0, 9, 0, 1, 0, 2, 0, 88, 1, 'k', 0};
  EXPECT_EQ(read_dns_records(message).srv.size(), 1U);
  for (std::size_t size = 0; size < message.size(); ++size) {
    EXPECT_TRUE(read_dns_records(Bytes(message).first(size)).malformed) << size;
  }
}

}  // namespace
}  // namespace ferryman::discovery
