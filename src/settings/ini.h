#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace ferryman {

// A file in the format of Python's configparser with its defaults, which is what python-kdcproxy reads:
// sections, "key = value" and "key: value", keys without case, continuation lines, comment lines,
// [DEFAULT], %(key)s and %%.
class Ini {
 public:
  struct Failure {
    std::uint32_t line = 0;
    std::string text;
  };
  struct Value {
    std::string text;
    std::uint32_t line = 0;
  };
  struct Section {
    std::string name;
    std::uint32_t line = 0;
    std::vector<std::pair<std::string, Value>> values;  // as written, keys in lower case
  };

  // Adds a text to what was read before: its values replace those of the same name. Strict as configparser:
  // a section or key that stands twice in one text is a failure.
  tl::expected<void, Failure> read(std::string_view text);

  // In the order of their first appearance, without [DEFAULT].
  const std::vector<Section>& sections() const { return sections_; }
  const Section* find(std::string_view name) const;

  // The section's value or that of [DEFAULT], %-references put in. nullptr in value.line 0: absent.
  tl::expected<Value, Failure> get(const Section& section, std::string_view key) const;

 private:
  tl::expected<void, Failure> merge(std::vector<Section> fresh);
  const Value* raw(const Section& section, std::string_view key) const;
  tl::expected<std::string, Failure> interpolate(const Section& section, const Value& value,
                                                 unsigned depth) const;

  std::vector<Section> sections_;
  Section defaults_;
};

}  // namespace ferryman
