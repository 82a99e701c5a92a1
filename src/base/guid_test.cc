#include "base/guid.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

TEST(Guid, HasOneTextInAnyCase) {
  const auto guid = guid_of_text("6F9619ff-8b86-4011-b42d-00c04fc964FF");
  ASSERT_TRUE(guid);
  EXPECT_EQ(guid->text(), "6f9619ff-8b86-4011-b42d-00c04fc964ff");
  for (const char* text : {"", "6f9619ff8b864011b42d00c04fc964ff", "{6f9619ff-8b86-4011-b42d-00c04fc964ff}",
                           "6f9619ff-8b86-4011-b42d-00c04fc964fg", "6f9619ff-8b86-4011-b42d-00c04fc964ff "}) {
    EXPECT_EQ(guid_of_text(text), std::nullopt) << text;
  }
}

TEST(Guid, IsMixedEndianInPackets) {  // [MS-DTYP] 2.3.4.2
  const Guid guid = *guid_of_text("00112233-4455-6677-8899-aabbccddeeff");
  const std::array<std::uint8_t, Guid::size> packet{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                                                    0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
  EXPECT_EQ(guid.packet(), packet);
  EXPECT_EQ(guid_of_packet(packet), guid);
}

}  // namespace
}  // namespace ferryman
