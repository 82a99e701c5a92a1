#include "ferrymand/openmetrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "base/text.h"

namespace ferryman {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// What stands before the separator; the text goes on behind it.
std::string_view take_part(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return trimmed(part);
}

// In thousandths; what is none counts as none given.
int quality(std::string_view text) {
  constexpr int whole = 1000;
  if (text.empty() || text.front() != '0') return whole;
  int value = 0, digit = whole / 10;
  for (std::size_t i = 2; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, digit /= 10)
    value += (text[i] - '0') * digit;
  return value;
}

struct MediaRange {
  std::string_view type, version;
  int q = quality({});
};

MediaRange read_range(std::string_view text) {
  MediaRange range;
  range.type = take_part(text, ';');
  while (!text.empty()) {
    std::string_view parameter = take_part(text, ';');
    const std::string_view name = take_part(parameter, '=');
    if (equal_without_case(name, "q")) range.q = quality(trimmed(parameter));
    if (equal_without_case(name, "version")) range.version = trimmed(parameter);
  }
  return range;
}

bool is_openmetrics(const MediaRange& range) {
  const std::string_view version = range.version;
  return equal_without_case(range.type, "application/openmetrics-text") &&
         (version.empty() || version == "1.0.0" || version == "\"1.0.0\"");
}

bool is_text(const MediaRange& range) {
  return equal_without_case(range.type, "text/plain") || equal_without_case(range.type, "text/*");
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  constexpr double exact = 9007199254740992;  // 2^53: integers up to there have no exponent
  if (std::trunc(value) == value && std::fabs(value) < exact)
    return fmt::format("{}", static_cast<long long>(value));
  return fmt::format("{}", value);
}

// A bound of a bucket is a label: one number has one spelling, with a point.
std::string bound(double value) {
  const std::string text = number(value);
  return text.find_first_of(".eIN") == std::string::npos ? text + ".0" : text;
}

class Text {
 public:
  void family(const MetricFamily& family);
  std::string take() {
    out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  void describe(std::string_view name, const MetricFamily& family);
  void sample(std::string_view name, const Labels& labels, double value,
              std::optional<double> upper_bound = std::nullopt);
  void histogram(const std::string& name, const ClientMetric& metric);
  void label(char before, std::string_view name, std::string_view value);

  std::string out_;
};

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
    default:
      return "unknown";
  }
}

void Text::describe(std::string_view name, const MetricFamily& family) {
  fmt::format_to(std::back_inserter(out_), "# TYPE {} {}\n", name, type_name(family.type));
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (name.ends_with(unit) && name.substr(0, name.size() - unit.size()).ends_with('_'))
      fmt::format_to(std::back_inserter(out_), "# UNIT {} {}\n", name, unit);
  }
  if (family.help.empty()) return;
  fmt::format_to(std::back_inserter(out_), "# HELP {} ", name);
  append_escaped(out_, family.help);
  out_ += '\n';
}

void Text::label(char before, std::string_view name, std::string_view value) {
  fmt::format_to(std::back_inserter(out_), "{}{}=\"", before, name);
  append_escaped(out_, value);
  out_ += '"';
}

void Text::sample(std::string_view name, const Labels& labels, double value,
                  std::optional<double> upper_bound) {
  out_ += name;
  char before = '{';
  for (const auto& one : labels) label(std::exchange(before, ','), one.name, one.value);
  if (upper_bound) label(std::exchange(before, ','), "le", bound(*upper_bound));
  if (before == ',') out_ += '}';
  fmt::format_to(std::back_inserter(out_), " {}\n", number(value));
}

void Text::histogram(const std::string& name, const ClientMetric& metric) {
  const auto& found = metric.histogram;
  for (const auto& bucket : found.bucket)
    sample(name + "_bucket", metric.label, static_cast<double>(bucket.cumulative_count), bucket.upper_bound);
  const auto all = static_cast<double>(found.sample_count);
  sample(name + "_bucket", metric.label, all, std::numeric_limits<double>::infinity());
  sample(name + "_count", metric.label, all);
  sample(name + "_sum", metric.label, found.sample_sum);
}

void Text::family(const MetricFamily& family) {
  constexpr std::string_view suffix = "_total";
  std::string_view name = family.name;
  const bool counts = family.type == MetricType::Counter;
  if (counts && name.ends_with(suffix)) name.remove_suffix(suffix.size());
  describe(name, family);
  for (const ClientMetric& metric : family.metric) {
    if (family.type == MetricType::Histogram) {
      histogram(family.name, metric);
    } else if (counts) {
      sample(std::string(name) + std::string(suffix), metric.label, metric.counter.value);
    } else {
      sample(name, metric.label, metric.gauge.value);
    }
  }
}

}  // namespace

std::string_view content_type(MetricsFormat format) {
  return format == MetricsFormat::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                              : "text/plain; version=0.0.4; charset=utf-8";
}

MetricsFormat preferred_format(std::string_view accept) {
  int openmetrics = 0, text = 0;
  while (!accept.empty()) {
    const MediaRange range = read_range(take_part(accept, ','));
    if (is_openmetrics(range)) openmetrics = std::max(openmetrics, range.q);
    if (is_text(range)) text = std::max(text, range.q);
  }
  const bool preferred = openmetrics > 0 && openmetrics >= text;
  return preferred ? MetricsFormat::openmetrics : MetricsFormat::prometheus;
}

std::string openmetrics_text(const std::vector<MetricFamily>& families) {
  Text text;
  for (const MetricFamily& family : families) text.family(family);
  return text.take();
}

}  // namespace ferryman
