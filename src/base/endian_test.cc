#include "base/endian.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

constexpr std::uint8_t octets[] = {1, 2, 3, 4, 5, 6, 7, 0xf8, 9};
static_assert(load_le<std::uint16_t>(octets) == 0x0201 && load_be<std::uint16_t>(octets) == 0x0102);
static_assert(load_le<std::uint32_t>(octets) == 0x04030201 && load_be<std::uint32_t>(octets) == 0x01020304);
static_assert(load_le<std::uint64_t>(octets) == 0xf807060504030201);
static_assert(load_be<std::uint64_t>(octets) == 0x01020304050607f8);

template <typename Writer, typename Reader>
void round_trip(const std::vector<std::uint8_t>& expected) {
  std::vector<std::uint8_t> out;
  Writer writer(out);
  writer.u8(0xf1);
  writer.align(4);
  writer.u16(0xf203);
  writer.octets(Bytes(octets).first(2));
  writer.u32(0xf4050607);
  writer.u64(0xf8090a0b0c0d0e0f);
  EXPECT_EQ(out, expected);
  Reader reader(out);
  EXPECT_EQ(reader.u8(), 0xf1);
  reader.align(4);
  EXPECT_EQ(reader.u16(), 0xf203);
  EXPECT_EQ(reader.octets(2)[1], 2);
  EXPECT_EQ(reader.u32(), 0xf4050607);
  EXPECT_EQ(reader.u64(), 0xf8090a0b0c0d0e0f);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.left(), 0U);
}

TEST(Endian, NumbersAreReadAsTheyWereWritten) {
  round_trip<LittleEndianWriter, LittleEndianReader>(
      {0xf1, 0, 0, 0, 3, 0xf2, 1, 2, 7, 6, 5, 0xf4, 0xf, 0xe, 0xd, 0xc, 0xb, 0xa, 9, 0xf8});
  round_trip<BigEndianWriter, BigEndianReader>(
      {0xf1, 0, 0, 0, 0xf2, 3, 1, 2, 0xf4, 5, 6, 7, 0xf8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf});
}

TEST(Endian, BehindAFaultEverythingIsZero) {
  LittleEndianReader reader(Bytes(octets).first(5));
  reader.octets(3);
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0U);
  reader.fail(Fault::wrong_value);
  EXPECT_EQ(reader.error(), (Error{Fault::truncated, 3})) << "the first fault stays";
}

}  // namespace
}  // namespace ferryman
