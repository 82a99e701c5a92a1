#include "ferrymand/plot.h"

#include <gmock/gmock.h>

namespace ferryman {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Plot plot(std::vector<std::optional<double>> values) {
  Plot plot{"Latency", "ms", 4, {}};
  plot.lines.push_back({"mean", "main", std::move(values)});
  return plot;
}

TEST(PlotTest, StandsAtTheEndOfItsTime) {
  EXPECT_THAT(figure(plot({5, 10})).octets(), HasSubstr("d=\"M2 50.0H3L3 0.0H4\""));
}

TEST(PlotTest, LeavesGaps) {
  EXPECT_THAT(figure(plot({10, {}, 10, 0})).octets(), HasSubstr("d=\"M0 0.0H1M2 0.0H3L3 100.0H4\""));
}

TEST(PlotTest, SaysItsNumbersInWords) {
  const std::string figure = ferryman::figure(plot({17, 3})).octets();
  EXPECT_THAT(figure, HasSubstr("aria-label=\"Latency in the last hour. mean: now 3, at most 17 ms.\""));
  EXPECT_THAT(figure, HasSubstr("aria-hidden=\"true\">20<"));
}

TEST(PlotTest, CanBeEmpty) {
  const std::string figure = ferryman::figure(plot({})).octets();
  EXPECT_THAT(figure, HasSubstr("mean: now -, at most 0 ms"));
  EXPECT_THAT(figure, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace ferryman
