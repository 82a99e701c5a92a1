#include "base/text.h"

#include <gtest/gtest.h>

namespace ferryman {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  EXPECT_EQ(printable("alice@EXAMPLE.COM"), "alice@EXAMPLE.COM");
  EXPECT_EQ(printable("M\xc3\xbcnchen"), "M\xc3\xbcnchen");
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b[2Ja\r\n"), "\\x1b[2Ja\\x0d\\x0a");
  EXPECT_EQ(printable("a\\b\x7f"), "a\\\\b\\x7f");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\u202e");
  EXPECT_EQ(printable("\xe2\x80\xa8\xe2\x81\xa6\xd8\x9c"), "\\u2028\\u2066\\u061c");
}

}  // namespace
}  // namespace ferryman
