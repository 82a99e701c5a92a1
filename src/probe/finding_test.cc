#include "probe/finding.h"

#include <gtest/gtest.h>

namespace ferryman::probe {
namespace {

TEST(Finding, WhatIsPrintedHasNeitherControlsNorBrokenUtf8) {
  EXPECT_EQ(printable("K\xc3\xb6ln"), "K\xc3\xb6ln");
  EXPECT_EQ(printable("a\x1b[2J\r\n"), "a\\x1b[2J\\x0d\\x0a");
  EXPECT_EQ(printable("\xff\x7f"), "\\xff\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");  // CSI among the C1 controls
  EXPECT_EQ(printable(std::string(300, 'x')).size(), 203U);
}

TEST(Finding, CriticalOutweighsWarningOutweighsUnknown) {
  Findings findings{{"a", Severity::ok, ""}};
  EXPECT_EQ(worst(findings), Severity::ok);
  findings.push_back({"b", Severity::unknown, ""});
  EXPECT_EQ(worst(findings), Severity::unknown);
  findings.push_back({"c", Severity::warning, ""});
  findings.push_back({"d", Severity::critical, ""});
  findings.push_back({"e", Severity::unknown, ""});
  EXPECT_EQ(worst(findings), Severity::critical);
  ASSERT_NE(find(findings, "c"), nullptr);
  EXPECT_EQ(find(findings, "f"), nullptr);
}

}  // namespace
}  // namespace ferryman::probe
