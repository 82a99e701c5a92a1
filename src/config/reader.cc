#include "config/reader.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/text.h"

namespace ferryman {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string unknown_key(std::string_view name, std::string_view where, const std::vector<Key>& keys) {
  std::string text = fmt::format("unknown key {} in {}", show_string(name), where);
  const auto nearest = std::min_element(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    return distance(name, a.name) < distance(name, b.name);
  });
  if (nearest != keys.end() && distance(name, nearest->name) <= std::max<std::size_t>(2, name.size() / 3)) {
    return text + fmt::format("; did you mean {}?", show_string(nearest->name));
  }
  text += "; known are";
  for (const Key& key : keys) text += fmt::format("{} {}", &key == keys.data() ? "" : ",", key.name);
  return text;
}

std::optional<std::uint64_t> parse_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

void Mistakes::add(const toml::node& at, std::string text) {
  const auto begin = at.source().begin;
  mistakes.push_back({file_, begin.line, begin.column, std::move(text)});
}

void Mistakes::add_file(std::string text) {
  mistakes.push_back({file_, 0, 0, std::move(text)});
}

void Mistakes::warn(const toml::node& at, std::string text) {
  const auto begin = at.source().begin;
  warnings.push_back({file_, begin.line, begin.column, "warning: " + std::move(text)});
}

void read_table(const toml::table& table, std::string_view where, const std::vector<Key>& keys,
                Mistakes& mistakes) {
  for (const auto& [name, node] : table) {
    const std::string_view text = name.str();
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == text; });
    if (key != keys.end()) {
      key->read(node, mistakes);
    } else {
      const auto begin = name.source().begin;
      const auto at_value = mistakes.mistakes.size();
      mistakes.add(node, unknown_key(text, where, keys));
      mistakes.mistakes[at_value].line = begin.line;
      mistakes.mistakes[at_value].column = begin.column;
    }
  }
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number > (std::uint64_t{1} << 40)) return std::nullopt;
  if (text.empty() || text == "B") return number;
  if (text == "KiB") return *number << 10;
  if (text == "MiB") return *number << 20;
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number > 1'000'000'000) return std::nullopt;
  const std::chrono::milliseconds count(static_cast<std::int64_t>(*number));
  if (text == "ms") return count;
  if (text == "s") return count * 1000;
  if (text == "m") return count * 60'000;
  if (text == "h") return count * 3'600'000;
  if (text == "d") return count * 86'400'000;
  return std::nullopt;
}

std::string show_duration(std::chrono::milliseconds duration) {
  if (duration.count() % 1000 == 0) return fmt::format("\"{}s\"", duration.count() / 1000);
  return fmt::format("\"{}ms\"", duration.count());
}

std::string show_string(std::string_view text) {
  std::string shown = "\"";
  while (!text.empty()) {
    const Character each = take_character(text);
    if (!each.is_harmless) {
      shown += fmt::format("\\u{:04x}", each.point);
      continue;
    }
    if (each.point == '"' || each.point == '\\') shown += '\\';
    shown += each.octets;
  }
  return shown + '"';
}

std::string show_strings(const std::vector<std::string>& texts) {
  std::string shown = "[";
  for (const auto& text : texts) shown += (shown.size() > 1 ? ", " : "") + show_string(text);
  return shown + "]";
}

Key string_key(std::string_view name, std::string& value) {
  auto read = [name, &value](const toml::node& node, Mistakes& mistakes) {
    if (const auto text = node.value_exact<std::string>()) {
      value = *text;
    } else {
      mistakes.add(node, fmt::format("{} must be a string", name));
    }
  };
  return {name, read, [&value] { return show_string(value); }};
}

Key strings_key(std::string_view name, std::vector<std::string>& value) {
  auto read = [name, &value](const toml::node& node, Mistakes& mistakes) {
    value.clear();
    if (const auto text = node.value_exact<std::string>()) {
      value.push_back(*text);
      return;
    }
    const toml::array* array = node.as_array();
    if (array == nullptr)
      return mistakes.add(node, fmt::format("{} must be a string or an array of strings", name));
    for (const auto& element : *array) {
      if (const auto text = element.value_exact<std::string>()) {
        value.push_back(*text);
      } else {
        mistakes.add(element, fmt::format("{} must hold strings only", name));
      }
    }
  };
  return {name, read, [&value] { return show_strings(value); }};
}

Key bool_key(std::string_view name, bool& value) {
  auto read = [name, &value](const toml::node& node, Mistakes& mistakes) {
    if (const auto flag = node.value_exact<bool>()) {
      value = *flag;
    } else {
      mistakes.add(node, fmt::format("{} must be true or false", name));
    }
  };
  return {name, read, [&value] { return std::string(value ? "true" : "false"); }};
}

Key duration_key(std::string_view name, std::chrono::milliseconds& value, std::chrono::milliseconds least,
                 std::chrono::milliseconds most) {
  auto read = [=, &value](const toml::node& node, Mistakes& mistakes) {
    const auto text = node.value_exact<std::string>();
    const auto duration = text ? parse_duration(*text) : std::nullopt;
    if (!duration) {
      mistakes.add(node, fmt::format("{} must be a time such as \"8s\", \"500ms\" or \"1m\"", name));
    } else if (*duration < least || *duration > most) {
      mistakes.add(node, fmt::format("{} = {} is out of range; {} to {} is possible", name,
                                     show_string(*text), show_duration(least), show_duration(most)));
    } else {
      value = *duration;
    }
  };
  return {name, read, [&value] { return show_duration(value); }};
}

Key choice_key(std::string_view name, const std::vector<std::string_view>& choices,
               const std::function<std::size_t()>& get, const std::function<void(std::size_t)>& set) {
  auto read = [=](const toml::node& node, Mistakes& mistakes) {
    const auto text = node.value_exact<std::string>();
    const auto found = text ? std::find(choices.begin(), choices.end(), *text) : choices.end();
    if (found != choices.end()) {
      set(static_cast<std::size_t>(found - choices.begin()));
      return;
    }
    std::string known;
    for (const auto choice : choices) known += (known.empty() ? "" : ", ") + show_string(choice);
    mistakes.add(node, fmt::format("{}{} is not possible; one of {} is", name,
                                   text ? " = " + show_string(*text) : std::string(" of this type"), known));
  };
  return {name, read, [=] { return show_string(choices[get()]); }};
}

Key size_key(std::string_view name, const std::function<std::uint64_t()>& get,
             const std::function<void(std::uint64_t)>& set, std::uint64_t least, std::uint64_t most) {
  auto read = [=](const toml::node& node, Mistakes& mistakes) {
    std::optional<std::uint64_t> size;
    if (const auto number = node.value_exact<std::int64_t>(); number && *number >= 0)
      size = static_cast<std::uint64_t>(*number);
    if (const auto text = node.value_exact<std::string>()) size = parse_size(*text);
    if (!size) {
      mistakes.add(node, fmt::format("{} must be a number, or a size such as \"128KiB\"", name));
    } else if (*size < least || *size > most) {
      mistakes.add(node,
                   fmt::format("{} = {} is out of range; {} to {} is possible", name, *size, least, most));
    } else {
      set(*size);
    }
  };
  return {name, read, [get] { return std::to_string(get()); }};
}

}  // namespace ferryman
