#include "ferrymand/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

namespace ferryman {
namespace {

using html::element;
using html::Html;

constexpr double height = 100;

double largest(const PlotLine& line) {
  double most = 0;
  for (const auto& value : line.values) most = std::max(most, value.value_or(0));
  return most;
}

// 1, 2 or 5 times a power of ten, at or above it: what a scale ends with.
double round_up(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (value <= factor * power) return factor * power;
  }
  return 10 * power;
}

std::string number(double value) {
  return value >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

// Steps, so that a value alone is seen.
std::string path_of(const PlotLine& line, std::size_t places, double top) {
  std::string path;
  const std::size_t first = places - std::min(places, line.values.size());
  bool in_gap = true;
  for (std::size_t i = 0; i < std::min(places, line.values.size()); ++i) {
    const auto& value = line.values[i];
    if (value) {
      const double y = height - *value / top * height;
      fmt::format_to(std::back_inserter(path), "{}{} {:.1f}H{}", in_gap ? 'M' : 'L', first + i, y,
                     first + i + 1);
    }
    in_gap = !value;
  }
  return path;
}

std::string said(const PlotLine& line, std::string_view unit) {
  std::string last = "-";
  if (!line.values.empty() && line.values.back()) last = number(*line.values.back());
  return fmt::format("{}: now {}, at most {} {}", line.name, last, number(largest(line)), unit);
}

Html drawing(const Plot& plot, double top) {
  Html lines =
      element("path", {{"class", "grid"}, {"d", fmt::format("M0 50H{0}M0 100H{0}", plot.places)}}, {});
  std::string label = std::string(plot.title) + " in the last hour.";
  for (const PlotLine& line : plot.lines) {
    lines += element(
        "path", {{"class", "line " + std::string(line.style)}, {"d", path_of(line, plot.places, top)}}, {});
    label += " " + said(line, plot.unit) + ".";
  }
  // The HTML parser gives SVG's attributes their capitals (HTML 13.2.6.1).
  const std::string box = fmt::format("0 -2 {} {}", plot.places, height + 4);
  return element("svg",
                 {{"viewbox", box}, {"preserveaspectratio", "none"}, {"role", "img"}, {"aria-label", label}},
                 lines);
}

Html legend(const Plot& plot) {
  Html items;
  for (const PlotLine& line : plot.lines) {
    const auto last = line.values.empty() ? std::nullopt : line.values.back();
    items +=
        element("li", {{"class", line.style}},
                Html(std::string(line.name) + " ") + element("b", last ? number(*last) : "\xe2\x80\x93"));
  }
  return element("ul", {{"class", "legend"}}, items);
}

}  // namespace

Html figure(const Plot& plot) {
  double most = 0;
  for (const PlotLine& line : plot.lines) most = std::max(most, largest(line));
  const double top = round_up(most);
  Html content = element(
      "figcaption", Html(plot.title) + element("span", {{"class", "soft"}}, ", " + std::string(plot.unit)));
  content += legend(plot);
  content += element("p", {{"class", "scale"}, {"aria-hidden", "true"}}, number(top));
  content += drawing(plot, top);
  content += element("p", {{"class", "ends"}, {"aria-hidden", "true"}},
                     element("span", "1 hour ago") + element("span", "now"));
  return element("figure", {{"class", "card"}}, content);
}

}  // namespace ferryman
