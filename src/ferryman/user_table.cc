#include "ferryman/user_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "base/text.h"
#include "directory/names.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;

constexpr std::size_t max_mistakes = 20;

enum class Kind { text, list, yes_or_no, number, time };
struct Column {
  std::string_view name;  // in the table
  const char* argument;   // of user.add
  Kind kind;
};
constexpr std::array columns{Column{"name", "name", Kind::text},
                             Column{"display_name", "display_name", Kind::text},
                             Column{"upn", "upns", Kind::list},
                             Column{"password", "password", Kind::text},
                             Column{"must_change", "must_change", Kind::yes_or_no},
                             Column{"key_required", "key_required", Kind::yes_or_no},
                             Column{"sensitive", "sensitive", Kind::yes_or_no},
                             Column{"disabled", "disabled", Kind::yes_or_no},
                             Column{"expires", "expires", Kind::time},
                             Column{"uid", "uid", Kind::number},
                             Column{"groups", "groups", Kind::list}};

const Column* find_column(std::string_view name) {
  const auto* found =
      std::find_if(columns.begin(), columns.end(), [name](const Column& each) { return each.name == name; });
  return found == columns.end() ? nullptr : found;
}

std::string known_columns() {
  std::vector<std::string_view> names;
  names.reserve(columns.size());
  for (const Column& each : columns) names.push_back(each.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

std::optional<bool> yes_or_no(std::string_view text) {
  for (const std::string_view yes : {"yes", "true", "1"})
    if (equal_without_case(text, yes)) return true;
  for (const std::string_view no : {"no", "false", "0"})
    if (equal_without_case(text, no)) return false;
  return std::nullopt;
}

Json list_of(std::string_view text) {
  Json list = Json::array();
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(';'));
    if (!trimmed(item).empty()) list.push_back(trimmed(item));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  }
  return list;
}

// The argument, or half a sentence of what is wrong.
tl::expected<Json, std::string> value_of(Kind kind, std::string_view text) {
  switch (kind) {
    case Kind::text:
      return Json(text);
    case Kind::list:
      return list_of(text);
    case Kind::yes_or_no:
      if (const auto flag = yes_or_no(text)) return Json(*flag);
      return tl::unexpected(fmt::format("\"{}\" is neither yes nor no", printable(text)));
    case Kind::time: {
      const auto time = parse_time(text);
      if (!time) return tl::unexpected(time.error());
      return *time ? Json(**time) : Json();
    }
    case Kind::number:
      break;
  }
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return Json(number);
  return tl::unexpected(fmt::format("\"{}\" is no number", printable(text)));
}

// Of the header; empty: nothing.
std::string wrong_columns(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (find_column(name) == nullptr) {
      const bool semicolons = names.size() == 1 && name.find(';') != name.npos;
      return fmt::format("there is no column \"{}\"{}. Columns are: {}", printable(name),
                         semicolons ? "; write commas between them" : "", known_columns());
    }
    if (std::count(names.begin(), names.end(), name) > 1)
      return fmt::format("the column {} stands there twice", name);
  }
  if (std::find(names.begin(), names.end(), "name") == names.end())
    return fmt::format("a table of users has a column \"name\". Columns are: {}", known_columns());
  return {};
}

std::vector<std::string> header_of(std::vector<std::string> fields) {
  for (std::string& field : fields) {
    field = std::string(trimmed(field));
    std::transform(field.begin(), field.end(), field.begin(), ascii_lower);
  }
  return fields;
}

class Mistakes {
 public:
  explicit Mistakes(std::vector<std::string>& all) : all_(all) {}
  void add(std::size_t line, std::string_view text) {
    if (all_.size() < max_mistakes) all_.push_back(fmt::format("line {}: {}", line, text));
    if (all_.size() == max_mistakes) all_.emplace_back("there may be more");
  }

 private:
  std::vector<std::string>& all_;
};

// The arguments of a row, with its mistakes.
Json arguments_of(const CsvRow& row, const std::vector<std::string>& names, Mistakes& mistakes) {
  Json arguments = Json::object();
  if (row.fields.size() != names.size()) {
    mistakes.add(row.line, fmt::format("{} fields, and the header has {}", row.fields.size(), names.size()));
    return arguments;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Column& column = *find_column(names[i]);
    const bool is_password = column.name == "password";  // whose spaces are its own
    const std::string_view text = is_password ? std::string_view(row.fields[i]) : trimmed(row.fields[i]);
    if (text.empty()) continue;
    if (!is_utf8(text)) {
      mistakes.add(row.line, fmt::format("{} is no UTF-8: save the table as UTF-8", column.name));
      continue;
    }
    auto value = value_of(column.kind, text);
    if (!value) mistakes.add(row.line, fmt::format("{}: {}", column.name, value.error()));
    if (value) arguments[column.argument] = *std::move(value);
  }
  if (!arguments.contains("name")) mistakes.add(row.line, "the name is empty");
  return arguments;
}

// By its byte order mark, or the half of its first letter that is none.
bool is_utf16(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff") ||
         text.substr(0, 2).find('\0') != text.npos;
}

void wipe_fields(CsvRow& row) {
  for (std::string& field : row.fields) admin::wipe_text(field);
}

}  // namespace

std::vector<std::string> UserTable::mistakes() {
  if (is_utf16(text_)) return {"the table is UTF-16: save it as UTF-8, or call \"iconv -f UTF-16 -t UTF-8\""};
  std::vector<std::string> found;
  std::map<std::string, std::size_t> lines;
  read(
      [&](User user) {
        const std::string name = user.arguments.value("name", "");
        const auto [at, is_new] = lines.try_emplace(directory::unique_key(name), user.line);
        if (!is_new && !name.empty())
          Mistakes(found).add(user.line,
                              fmt::format("{} stands in line {} already", printable(name), at->second));
        admin::wipe_texts(user.arguments);
        return found.size() < max_mistakes;
      },
      found);
  if (found.empty() && lines.empty()) found.emplace_back("there is no user in the table");
  return found;
}

bool UserTable::has_passwords() const {
  return std::find(columns_.begin(), columns_.end(), "password") != columns_.end();
}

void UserTable::each(const std::function<bool(User)>& take) {
  std::vector<std::string> none;
  read(take, none);
}

void UserTable::read(const std::function<bool(User)>& take, std::vector<std::string>& found) {
  Mistakes mistakes(found);
  CsvReader reader(text_);
  for (bool is_header = true;; is_header = false) {
    auto row = reader.next();
    if (!row) return mistakes.add(row.error().line, row.error().text);
    if (!*row) return;
    if (is_header) {
      columns_ = header_of(std::move((*row)->fields));
      if (const std::string wrong = wrong_columns(columns_); !wrong.empty())
        return mistakes.add((*row)->line, wrong);
      continue;
    }
    Json arguments = arguments_of(**row, columns_, mistakes);
    wipe_fields(**row);
    if (!take({(*row)->line, std::move(arguments)})) return;
  }
}

}  // namespace ferryman
