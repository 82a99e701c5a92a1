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

TEST(DerReader, ReadsAnExplicitlyTaggedFieldAsTheTwoElementsThatItIs) {
  Octets input = {0xa0, 0x03, 0x02, 0x01, 0xfe, 0xa1, 0x06, 0x02, 0x04, 0x80, 0x00, 0x00,
                  0x00, 0xa2, 0x03, 0x1b, 0x01, 'R',  0xa3, 0x81, 0x84, 0x04, 0x81, 0x81};
  input.resize(input.size() + 0x81);
  Status status;
  Reader reader(input, status);
  EXPECT_EQ(reader.read_int32_field(context(0)), -2);
  EXPECT_EQ(reader.read_uint32_field(context(1)), 0x80000000U);
  EXPECT_EQ(reader.read_string_field(context(2), general_string), "R");
  EXPECT_EQ(reader.read_field(context(3), octet_string).size(), 0x81U);
  EXPECT_TRUE(reader.empty());
  EXPECT_TRUE(status.ok());
}

TEST(DerReader, TellsWhatIsWrongInsideAnExplicitlyTaggedField) {
  const auto int32 = [](Reader& r) { r.read_int32_field(context(0)); };
  EXPECT_EQ(fault_of({}, int32), (Error{Fault::missing_field, 0}));
  EXPECT_EQ(fault_of({0xa1, 0x03, 0x02, 0x01, 0x05}, int32), (Error{Fault::wrong_tag, 0}));
  EXPECT_EQ(fault_of({0xa0, 0x03, 0x03, 0x01, 0x05}, int32), (Error{Fault::wrong_tag, 2}));
  EXPECT_EQ(fault_of({0xa0, 0x00}, int32), (Error{Fault::missing_field, 2}));
  EXPECT_EQ(fault_of({0xa0, 0x03, 0x02, 0x02, 0x05}, int32), (Error{Fault::truncated, 2}));
  EXPECT_EQ(fault_of({0xa0, 0x04, 0x02, 0x01, 0x05}, int32), (Error{Fault::truncated, 0}));
  EXPECT_EQ(fault_of({0xa0, 0x04, 0x02, 0x01, 0x05, 0x00}, int32), (Error{Fault::trailing_bytes, 5}));
  EXPECT_EQ(fault_of({0xa0, 0x02, 0x02, 0x00}, int32), (Error{Fault::truncated, 2}));
  EXPECT_EQ(fault_of({0xa0, 0x04, 0x02, 0x02, 0x00, 0x05}, int32), (Error{Fault::non_minimal_integer, 2}));
  Octets string = {0xa0, 0x81, 0x83, 0x1b, 0x81, 0x80};
  string.resize(string.size() + 0x80, 'x');
  string.back() = 0x7f;
  EXPECT_EQ(fault_of(string, [](Reader& r) { r.read_string_field(context(0), general_string); }),
            (Error{Fault::bad_string, 3}));
}

// Octets are looked at in groups: each place in each group, and what is next to a refused one.
TEST(DerReader, FindsAControlOctetInEveryPlace) {
  for (std::uint8_t size = 1; size < 40; ++size) {
    for (std::uint8_t place = 0; place < size; ++place) {
      for (const std::uint8_t octet : {0x00, 0x1f, 0x20, 0x7e, 0x7f, 0x80, 0x9f, 0xff}) {
        Octets input(2U + size, 'a');
        input[0] = general_string;
        input[1] = size;
        input[2U + place] = octet;
        Status status;
        Reader(input, status).read_string(general_string);
        EXPECT_EQ(status.ok(), octet >= 0x20 && octet != 0x7f) << int{size} << " " << int{octet};
      }
    }
  }
}

TEST(DerReader, ReadsATimeOfDigitsOnly) {
  const std::string_view good = "20370101000000Z";
  for (std::size_t place = 0; place < good.size(); ++place) {
    for (unsigned octet = 0; octet < 256; ++octet) {
      Octets input = {generalized_time, 15};
      input.insert(input.end(), good.begin(), good.end());
      input[2 + place] = static_cast<std::uint8_t>(octet);
      Status status;
      Reader(input, status).read_time();
      EXPECT_EQ(status.ok(), place == 14 ? octet == 'Z' : octet >= '0' && octet <= '9');
    }
  }
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

TEST(DerReader, ABooleanIsAllBitsOrNone) {
  const auto read = [](Reader& r) { r.read_boolean_field(context(0)); };
  EXPECT_EQ(fault_of({0xa0, 0x03, 0x01, 0x01, 0x01}, read), (Error{Fault::wrong_value, 2}));
  EXPECT_EQ(fault_of({0xa0, 0x02, 0x01, 0x00}, read), (Error{Fault::wrong_value, 2}));
  EXPECT_EQ(fault_of({0xa0, 0x04, 0x01, 0x02, 0xff, 0xff}, read), (Error{Fault::wrong_value, 2}));
  EXPECT_EQ(fault_of({0xa0, 0x03, 0x02, 0x01, 0xff}, read), (Error{Fault::wrong_tag, 2}));
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
