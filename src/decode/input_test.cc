#include "decode/input.h"

#include <gtest/gtest.h>

namespace ferryman::decode {
namespace {

using Octets = std::vector<std::uint8_t>;

TEST(ParseHex, TakesWhatPeoplePaste) {
  const Octets octets{0x6a, 0x81, 0xb0};
  for (const auto* text : {"6a81b0", "6A 81 B0", "6a:81:b0", "0x6a, 0x81, 0xb0", "0x6a81b0",
                           "\\x6a\\x81\\xb0", "6a81\nb0\n", "6a-81-b0"}) {
    EXPECT_EQ(parse_hex(text), octets) << text;
  }
}

TEST(ParseHex, TakesDumps) {
  Octets octets;
  for (int i = 0; i < 18; ++i) octets.push_back(static_cast<std::uint8_t>(0x41 + i));
  // xxd, hexdump -C, od -tx1, tcpdump -x
  EXPECT_EQ(parse_hex("00000000: 4142 4344 4546 4748 494a 4b4c 4d4e 4f50  ABCDEFGHIJKLMNOP\n"
                      "00000010: 5152                                     QR\n"),
            octets);
  EXPECT_EQ(parse_hex("00000000  41 42 43 44 45 46 47 48  49 4a 4b 4c 4d 4e 4f 50  |ABCDEFGHIJKLMNOP|\n"
                      "00000010  51 52                                             |QR|\n00000012\n"),
            octets);
  EXPECT_EQ(parse_hex("0000000 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50\n0000020 51 52\n0000022\n"),
            octets);
  EXPECT_EQ(parse_hex("\t0x0000:  4142 4344 4546 4748 494a 4b4c 4d4e 4f50\n\t0x0010:  5152\n"), octets);
}

TEST(ParseHex, SaysWhatIsWrong) {
  EXPECT_EQ(parse_hex("6a8").error(), "an odd number of hexadecimal digits");
  EXPECT_EQ(parse_hex("6a8g").error(), "no hexadecimal digit at character 4");
}

TEST(ParseBase64, TakesLinesAndPem) {
  const Octets octets{0x7e, 0x1b, 0x30};
  EXPECT_EQ(parse_base64("fhsw"), octets);
  EXPECT_EQ(parse_base64("-----BEGIN X-----\r\nfh\r\nsw\r\n-----END X-----\r\n"), octets);
  EXPECT_EQ(parse_base64("fhs="), (Octets{0x7e, 0x1b}));
  EXPECT_EQ(parse_base64("_-8"), (Octets{0xff, 0xef}));
  EXPECT_FALSE(parse_base64("f"));
  EXPECT_EQ(parse_base64("fh\x1bsw").error(), "no base64: character \"\\x1b\"");
}

TEST(GuessFormat, SeesTextBinaryAndCaptures) {
  EXPECT_EQ(guess_format(as_bytes("7e1b\n")), Format::hex);
  EXPECT_EQ(guess_format(as_bytes("fhswGaADAgEF\n")), Format::base64);
  EXPECT_EQ(guess_format(Octets{0x7e, 0x1b, 0x30, 0x19}), Format::raw);
  EXPECT_EQ(guess_format(as_bytes("\n\r\r\n....")), Format::pcap);
  EXPECT_EQ(guess_format(Octets{0xd4, 0xc3, 0xb2, 0xa1, 2}), Format::pcap);
  EXPECT_EQ(guess_format({}), Format::raw);
}

}  // namespace
}  // namespace ferryman::decode
