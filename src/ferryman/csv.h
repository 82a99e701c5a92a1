#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace ferryman {

struct CsvRow {
  std::size_t line = 0;  // on which it begins, from 1
  std::vector<std::string> fields;
};

struct CsvMistake {
  std::size_t line;
  std::string text;  // half a sentence
};

// A table as of RFC 4180, row after row. A line feed alone ends a row as well, empty lines are passed over,
// and so is a byte order mark at the beginning.
class CsvReader {
 public:
  // text must outlive it.
  explicit CsvReader(std::string_view text);

  // Nothing at the end. After a mistake it is not to be called again.
  tl::expected<std::optional<CsvRow>, CsvMistake> next();

 private:
  tl::expected<std::string, CsvMistake> field();
  tl::expected<std::string, CsvMistake> quoted();
  bool take_line_end();

  std::string_view rest_;
  std::size_t line_ = 1;
};

}  // namespace ferryman
