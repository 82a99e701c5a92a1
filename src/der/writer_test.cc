#include "der/writer.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "der/reader.h"

namespace ferryman::der {
namespace {

TEST(DerWriter, WritesWhatTheReaderReads) {
  for (const std::int64_t value :
       {0LL, 1LL, 127LL, 128LL, -1LL, -128LL, -129LL, 65535LL, 2147483647LL, -2147483648LL}) {
    std::array<std::uint8_t, 16> buffer{};
    Writer writer(buffer);
    writer.integer(value);
    writer.close(context(3), 0);
    const auto written = writer.finish();
    ASSERT_TRUE(written);
    Status status;
    Reader reader(*written, status);
    EXPECT_EQ(reader.enter(context(3)).read_last_int32(), value);
    reader.finish();
    EXPECT_TRUE(status.ok()) << value;
  }
}

TEST(DerWriter, WritesTheShortestLength) {
  for (const std::size_t length : {0U, 127U, 128U, 255U, 256U, 65535U, 65536U}) {
    std::vector<std::uint8_t> buffer(length + 8);
    const std::vector<std::uint8_t> content(length, 0x55);
    Writer writer(buffer);
    writer.primitive(octet_string, content);
    const auto written = writer.finish();
    ASSERT_TRUE(written);
    Status status;
    Reader reader(*written, status);
    EXPECT_EQ(reader.read(octet_string).size(), length);
    reader.finish();
    EXPECT_TRUE(status.ok()) << length;
  }
}

TEST(DerWriter, FailsIfTheBufferIsTooSmall) {
  std::array<std::uint8_t, 4> buffer{};
  Writer writer(buffer);
  writer.string(general_string, "ABC");
  ASSERT_FALSE(writer.finish());
  EXPECT_EQ(writer.finish().error().fault, Fault::no_space);
}

TEST(DerWriter, FailsIfALengthDoesNotFit32Bits) {
  std::array<std::uint8_t, 16> buffer{};
  Writer writer(buffer);
  writer.header(octet_string, std::size_t{1} << 32);
  ASSERT_FALSE(writer.finish());
  EXPECT_EQ(writer.finish().error().fault, Fault::length_too_large);
}

TEST(DerWriter, CountsWhatHasNoRoom) {
  const auto write = [](Writer& writer) {
    writer.string_field(context(1), general_string, "ABC");
    writer.flags_field(context(0), 0x50800000);
    writer.close(sequence, 0);
  };
  Writer measure({});
  write(measure);
  std::vector<std::uint8_t> buffer(measure.size());
  Writer writer(buffer);
  write(writer);
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(writer.finish()->size(), buffer.size());
  EXPECT_EQ(measure.finish().error().fault, Fault::no_space);
}

TEST(DerWriter, WritesFieldsAsTheReaderReadsThem) {
  std::array<std::uint8_t, 64> buffer{};
  Writer writer(buffer);
  writer.boolean_field(context(4), false);
  writer.boolean_field(context(3), true);
  writer.flags_field(context(2), 0x80000001);
  writer.integer_field(context(1), 0xffffffff);
  writer.integer_field(context(0), -1);
  const auto written = writer.finish();
  ASSERT_TRUE(written);
  Status status;
  Reader reader(*written, status);
  EXPECT_EQ(reader.read_signed_or_unsigned32_field(context(0)), -1);
  EXPECT_EQ(reader.read_signed_or_unsigned32_field(context(1)), 0xffffffff);
  EXPECT_EQ(reader.read_flags_field(context(2)), 0x80000001U);
  EXPECT_TRUE(reader.read_boolean_field(context(3)));
  EXPECT_FALSE(reader.read_boolean_field(context(4)));
  reader.finish();
  EXPECT_TRUE(status.ok());
}

TEST(DerWriter, AValueWithoutEncodingIsToldBeforeWantOfRoom) {
  Writer writer({});
  writer.integer(5);
  writer.fail(Fault::bad_time);
  EXPECT_EQ(writer.finish().error().fault, Fault::bad_time);
}

}  // namespace
}  // namespace ferryman::der
