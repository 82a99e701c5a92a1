#include "der/reader.h"

#include <gtest/gtest.h>

#include <vector>

namespace ferryman::der {
namespace {

using Octets = std::vector<std::uint8_t>;

template <typename F>
Error fault_of(const Octets& input, F read) {
  Status status;
  Reader reader(input, status);
  read(reader);
  EXPECT_FALSE(status.ok());
  return status.ok() ? Error{Fault::unknown_message} : status.error();
}

TEST(DerReader, ReadsNestedElementsAndCountsOffsetsFromTheOutermostInput) {
  const Octets input = {0x30, 0x07, 0xa0, 0x03, 0x02, 0x01, 0x05, 0x04, 0x00};
  Status status;
  Reader message(input, status);
  Reader fields = message.enter(sequence);
  message.finish();
  EXPECT_EQ(fields.enter(context(0)).read_last_int32(), 5);
  EXPECT_EQ(fields.offset(), 7U);
  EXPECT_TRUE(fields.at(octet_string));
  EXPECT_TRUE(fields.read(octet_string).empty());
  fields.finish();
  EXPECT_TRUE(status.ok());
}

TEST(DerReader, FailsIfLengthRunsPastTheEnd) {
  EXPECT_EQ(fault_of({0x04, 0x02, 0x00}, [](Reader& r) { r.read(octet_string); }),
            (Error{Fault::truncated, 0}));
  EXPECT_EQ(fault_of({0x04}, [](Reader& r) { r.read(octet_string); }).fault, Fault::truncated);
  EXPECT_EQ(fault_of({0x04, 0x82, 0x01}, [](Reader& r) { r.read(octet_string); }).fault, Fault::truncated);
  EXPECT_EQ(fault_of({0x04, 0x84, 0xff, 0xff, 0xff, 0xff}, [](Reader& r) { r.read(octet_string); }).fault,
            Fault::truncated);
}

TEST(DerReader, FailsIfAnInnerLengthRunsPastItsOuterElement) {
  EXPECT_EQ(fault_of({0x30, 0x02, 0x04, 0x01, 0x00}, [](Reader& r) { r.enter(sequence).read(octet_string); }),
            (Error{Fault::truncated, 2}));
}

TEST(DerReader, RefusesLengthsThatAreNotDer) {
  const auto read = [](Reader& r) { r.read(octet_string); };
  EXPECT_EQ(fault_of({0x04, 0x80, 0x00, 0x00}, read).fault, Fault::indefinite_length);
  EXPECT_EQ(fault_of({0x04, 0x81, 0x01, 0x00}, read).fault, Fault::non_minimal_length);
  EXPECT_EQ(fault_of({0x04, 0x82, 0x00, 0x01, 0x00}, read).fault, Fault::non_minimal_length);
  EXPECT_EQ(fault_of({0x04, 0x85, 1, 0, 0, 0, 0}, read).fault, Fault::length_too_large);
  EXPECT_EQ(fault_of({0x04, 0xff, 1, 0, 0, 0, 0}, read).fault, Fault::length_too_large);
}

TEST(DerReader, RefusesOtherTagsMissingFieldsAndTagsInSeveralOctets) {
  const auto read = [](Reader& r) { r.read(octet_string); };
  EXPECT_EQ(fault_of({0x02, 0x01, 0x00}, read).fault, Fault::wrong_tag);
  EXPECT_EQ(fault_of({}, read).fault, Fault::missing_field);
  EXPECT_EQ(fault_of({0x1f, 0x01, 0x00}, [](Reader& r) { r.read_element(); }).fault, Fault::wrong_tag);
}

TEST(DerReader, ReadsIntegersOfThe32BitFields) {
  const auto uint32 = [](const Octets& input) {
    Status status;
    Reader reader(input, status);
    const auto value = reader.read_uint32();
    EXPECT_TRUE(status.ok());
    return value;
  };
  EXPECT_EQ(uint32({0x02, 0x01, 0x00}), 0U);
  EXPECT_EQ(uint32({0x02, 0x04, 0x7f, 0xff, 0xff, 0xff}), 0x7fffffffU);
  EXPECT_EQ(uint32({0x02, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff}), 0xffffffffU);
  EXPECT_EQ(uint32({0x02, 0x04, 0xd6, 0x4b, 0x00, 0x01}), 0xd64b0001U) << "a krbtgt_NNNNN kvno as Int32";
  const auto int32 = [](Reader& r) { r.read_int32(); };
  EXPECT_EQ(fault_of({0x02, 0x05, 0x00, 0x80, 0x00, 0x00, 0x00}, int32).fault, Fault::integer_range);
  EXPECT_EQ(fault_of({0x02, 0x06, 1, 0, 0, 0, 0, 0}, int32).fault, Fault::integer_range);
  EXPECT_EQ(fault_of({0x02, 0x00}, int32).fault, Fault::truncated);
  EXPECT_EQ(fault_of({0x02, 0x02, 0x00, 0x7f}, int32).fault, Fault::non_minimal_integer);
  EXPECT_EQ(fault_of({0x02, 0x02, 0xff, 0x80}, int32).fault, Fault::non_minimal_integer);
}

TEST(DerReader, ReadsFlagsShorterAndLongerThan32Bits) {
  const auto flags = [](const Octets& input) {
    Status status;
    Reader reader(input, status);
    const auto value = reader.read_flags();
    EXPECT_TRUE(status.ok());
    return value;
  };
  EXPECT_EQ(flags({0x03, 0x05, 0x00, 0x50, 0x80, 0x00, 0x10}), 0x50800010U);
  EXPECT_EQ(flags({0x03, 0x02, 0x04, 0x50}), 0x50000000U);
  EXPECT_EQ(flags({0x03, 0x06, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05}), 0x01020304U);
  EXPECT_EQ(flags({0x03, 0x01, 0x00}), 0U);
  const auto read = [](Reader& r) { r.read_flags(); };
  EXPECT_EQ(fault_of({0x03, 0x00}, read).fault, Fault::wrong_value);
  EXPECT_EQ(fault_of({0x03, 0x02, 0x08, 0x00}, read).fault, Fault::wrong_value);
}

TEST(DerReader, RefusesStringsWithControlOctetsAndTimesThatAreNone) {
  EXPECT_EQ(fault_of({0x1b, 0x02, 'A', '\n'}, [](Reader& r) { r.read_string(general_string); }).fault,
            Fault::bad_string);
  EXPECT_EQ(fault_of({0x1b, 0x02, 'A', 0}, [](Reader& r) { r.read_string(general_string); }).fault,
            Fault::bad_string);
  EXPECT_EQ(fault_of({0x18, 0x02, '1', 'Z'}, [](Reader& r) { r.read_time(); }).fault, Fault::bad_time);
}

TEST(DerReader, PassesUnknownFieldsBehindTheLastKnownOneOnly) {
  const auto finish = [](Reader& r) { r.finish_extensible(2); };
  Status status;
  const Octets good = {0xa3, 0x00, 0xa5, 0x01, 0x00};
  Reader reader(good, status);
  reader.finish_extensible(2);
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(fault_of({0xa2, 0x00}, finish).fault, Fault::wrong_tag) << "a field twice";
  EXPECT_EQ(fault_of({0xa4, 0x00, 0xa3, 0x00}, finish).fault, Fault::wrong_tag) << "out of order";
  EXPECT_EQ(fault_of({0x04, 0x00}, finish).fault, Fault::wrong_tag);
  EXPECT_EQ(fault_of({0xa3, 0x05}, finish).fault, Fault::truncated);
}

TEST(DerReader, KeepsTheFirstFaultAndYieldsNothingAfterIt) {
  const Octets input = {0x02, 0x01, 0x05, 0x02, 0x01, 0x06};
  Status status;
  Reader reader(input, status);
  reader.read(octet_string);
  EXPECT_EQ(reader.read_int32(), 0);
  EXPECT_TRUE(reader.empty());
  EXPECT_EQ(status.error(), (Error{Fault::wrong_tag, 0}));
}

}  // namespace
}  // namespace ferryman::der
