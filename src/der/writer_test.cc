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

}  // namespace
}  // namespace ferryman::der
