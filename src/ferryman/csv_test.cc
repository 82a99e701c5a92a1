#include "ferryman/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferryman {
namespace {

using testing::ElementsAre;

// The rows; behind them the mistake, with its line.
std::vector<std::vector<std::string>> rows(std::string_view text) {
  std::vector<std::vector<std::string>> all;
  CsvReader reader(text);
  while (true) {
    const auto row = reader.next();
    if (!row) all.push_back({"line " + std::to_string(row.error().line), row.error().text});
    if (!row || !*row) return all;
    all.push_back((*row)->fields);
  }
}

TEST(Csv, IsReadRowByRow) {
  EXPECT_THAT(rows("a,b\r\nc,\n,d"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("c", ""), ElementsAre("", "d")));
  EXPECT_THAT(rows(""), ElementsAre());
  EXPECT_THAT(rows("\n\r\n a \n\n"), ElementsAre(ElementsAre(" a ")));
  EXPECT_THAT(rows("\xef\xbb\xbfname\n"), ElementsAre(ElementsAre("name")));
  EXPECT_THAT(rows("a\rb\n"), ElementsAre(ElementsAre("a\rb")));
}

TEST(Csv, HasQuotedFields) {
  EXPECT_THAT(rows("\"a,b\",\"say \"\"x\"\"\",\"\"\n\"c\nd\"\r\ne"),
              ElementsAre(ElementsAre("a,b", "say \"x\"", ""), ElementsAre("c\nd"), ElementsAre("e")));
}

TEST(Csv, CountsLines) {
  CsvReader reader("\n\"a\n\nb\"\n\r\nc\n");
  EXPECT_EQ((*reader.next())->line, 2);
  EXPECT_EQ((*reader.next())->line, 6);
}

TEST(Csv, SaysInWhichLineItIsWrong) {
  EXPECT_THAT(
      rows("a\nb,\"c\nd"),
      ElementsAre(ElementsAre("a"), ElementsAre("line 2", testing::HasSubstr("no other one closes"))));
  EXPECT_THAT(rows("\"a\nb\"c"), ElementsAre(ElementsAre("line 2", testing::HasSubstr("behind a closing"))));
  EXPECT_THAT(rows("a,b\"c\""), ElementsAre(ElementsAre("line 1", testing::HasSubstr("inside a field"))));
}

}  // namespace
}  // namespace ferryman
