#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "html/html.h"

namespace ferryman {

// One line of a plot. style: "good", "warn", "bad", "main": its colour in the style sheet.
struct PlotLine {
  std::string_view name;
  std::string_view style;
  std::vector<std::optional<double>> values;  // the oldest first; nothing: a gap
};

struct Plot {
  std::string_view title, unit;  // "Latency", "ms"
  std::size_t places = 360;      // along the way; fewer values stand at its end
  std::vector<PlotLine> lines;
};

// A figure: a small SVG that needs no script, with its scale and legend as text beside it.
html::Html figure(const Plot& plot);

}  // namespace ferryman
