#include "ferryman/csv.h"

#include <algorithm>
#include <utility>

namespace ferryman {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

CsvReader::CsvReader(std::string_view text) : rest_(text) {
  if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
}

tl::expected<std::optional<CsvRow>, CsvMistake> CsvReader::next() {
  while (take_line_end()) continue;
  if (rest_.empty()) return std::nullopt;
  CsvRow row{line_, {}};
  while (true) {
    auto read = field();
    if (!read) return tl::unexpected(std::move(read.error()));
    row.fields.push_back(*std::move(read));
    if (rest_.empty() || take_line_end()) return row;
    rest_.remove_prefix(1);  // a comma
  }
}

bool CsvReader::take_line_end() {
  const std::size_t size = rest_.starts_with("\r\n") ? 2 : rest_.starts_with('\n') ? 1 : 0;
  rest_.remove_prefix(size);
  line_ += size > 0 ? 1 : 0;
  return size > 0;
}

tl::expected<std::string, CsvMistake> CsvReader::field() {
  if (rest_.starts_with('"')) return quoted();
  std::string_view text = rest_.substr(0, rest_.find_first_of(",\n"));
  const bool ends_line = text.size() == rest_.size() || rest_[text.size()] == '\n';
  if (ends_line && text.ends_with('\r') && text.size() < rest_.size()) text.remove_suffix(1);
  if (text.find('"') != text.npos)
    return tl::unexpected(CsvMistake{line_, "has a \" inside a field that does not begin with one"});
  rest_.remove_prefix(text.size());
  return std::string(text);
}

tl::expected<std::string, CsvMistake> CsvReader::quoted() {
  const std::size_t begin = line_;
  std::string text;
  rest_.remove_prefix(1);
  while (true) {
    const std::size_t end = rest_.find('"');
    if (end == rest_.npos) return tl::unexpected(CsvMistake{begin, "has a \" that no other one closes"});
    const std::string_view part = rest_.substr(0, end);
    line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    text += part;
    rest_.remove_prefix(end + 1);
    if (!rest_.starts_with('"')) break;
    text += '"';
    rest_.remove_prefix(1);
  }
  const bool ends =
      rest_.empty() || rest_.starts_with(',') || rest_.starts_with('\n') || rest_.starts_with("\r\n");
  if (ends) return text;
  return tl::unexpected(CsvMistake{line_, "has something behind a closing \", and no comma"});
}

}  // namespace ferryman
