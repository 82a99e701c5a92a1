#include "admin/line_buffer.h"

#include <gtest/gtest.h>

#include <string>

#include "admin/message.h"

namespace ferryman::admin {
namespace {

std::string taken(LineBuffer& buffer) {
  const auto line = buffer.take();
  return line ? std::string(as_text(line->bytes())) : "none";
}

TEST(LineBuffer, CutsLinesWhereverTheyCameApart) {
  const std::string text = "one\n\ntwo\nthr";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    LineBuffer buffer;
    std::string lines;
    for (const std::string& part : {text.substr(0, cut), text.substr(cut)}) {
      ASSERT_TRUE(buffer.append(part));
      for (std::string line = taken(buffer); line != "none"; line = taken(buffer)) lines += line + "|";
    }
    EXPECT_EQ(lines, "one||two|") << cut;
    EXPECT_TRUE(buffer.has_begun());
    ASSERT_TRUE(buffer.append("ee\n"));
    EXPECT_EQ(taken(buffer), "three");
    EXPECT_FALSE(buffer.has_begun());
  }
}

TEST(LineBuffer, RefusesALineThatIsTooLong) {
  LineBuffer buffer;
  ASSERT_TRUE(buffer.append(std::string(max_line, 'x')));
  ASSERT_TRUE(buffer.append("\nrest"));
  EXPECT_EQ(taken(buffer).size(), max_line);
  EXPECT_TRUE(buffer.append(std::string(max_line - 4, 'x')));
  EXPECT_FALSE(buffer.append("x"));
}

}  // namespace
}  // namespace ferryman::admin
