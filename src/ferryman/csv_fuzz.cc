#include <cstdlib>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "ferryman/csv.h"
#include "ferryman/user_table.h"

namespace {

using Rows = std::vector<std::vector<std::string>>;

// Those before a mistake.
Rows rows_of(std::string_view text, bool& whole) {
  Rows rows;
  ferryman::CsvReader reader(text);
  while (true) {
    auto row = reader.next();
    whole = row.has_value();
    if (!row || !*row) return rows;
    rows.push_back(std::move((*row)->fields));
  }
}

std::string quoted(const Rows& rows) {
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += i == 0 ? "\"" : ",\"";
      for (const char c : row[i]) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += '"';
    }
    text += '\n';
  }
  return text;
}

}  // namespace

// What can be read is written in quotes so that the same is read again. A table of users without mistakes
// hands on as many as it has rows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = ferryman::as_text({data, size});
  bool whole = false, again = false;
  const Rows rows = rows_of(text, whole);
  if (rows_of(quoted(rows), again) != rows || !again) std::abort();
  ferryman::UserTable table(text);
  if (!table.mistakes().empty()) return 0;
  std::size_t users = 0;
  table.each([&](const ferryman::UserTable::User& user) {
    if (!user.arguments.contains("name")) std::abort();
    ++users;
    return true;
  });
  if (!whole || users + 1 != rows.size()) std::abort();
  return 0;
}
