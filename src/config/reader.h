#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/mistake.h"

namespace ferryman {

// Collects mistakes with the place in the file where each stands.
class Mistakes {
 public:
  explicit Mistakes(std::string file) : file_(std::move(file)) {}
  void add(const toml::node& at, std::string text);
  void add_file(std::string text);
  void warn(const toml::node& at, std::string text);
  std::vector<ConfigMistake> mistakes, warnings;

 private:
  std::string file_;
};

// One key of a table: what reads its value (and says what is wrong with it) and what writes the value in
// force as TOML. The keys of a table stand in one list, so that reading, unknown keys and --show-config
// cannot disagree.
struct Key {
  std::string_view name;
  std::function<void(const toml::node&, Mistakes&)> read;
  std::function<std::string()> show;
};

// Reads every key that the table has; keys that are not in the list are mistakes, with the nearest known one.
void read_table(const toml::table& table, std::string_view where, const std::vector<Key>& keys,
                Mistakes& mistakes);

// "128KiB", 4096; "8s", "500ms", "1m"; nothing when the text is neither.
std::optional<std::uint64_t> parse_size(std::string_view text);
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string show_duration(std::chrono::milliseconds duration);
std::string show_string(std::string_view text);
std::string show_strings(const std::vector<std::string>& texts);

// Keys for the usual types. The references must outlive the list.
Key string_key(std::string_view name, std::string& value);
Key strings_key(std::string_view name, std::vector<std::string>& value);  // a string alone is a list of one
Key bool_key(std::string_view name, bool& value);
Key duration_key(std::string_view name, std::chrono::milliseconds& value, std::chrono::milliseconds least,
                 std::chrono::milliseconds most);
Key choice_key(std::string_view name, const std::vector<std::string_view>& choices,
               const std::function<std::size_t()>& get, const std::function<void(std::size_t)>& set);
Key size_key(std::string_view name, const std::function<std::uint64_t()>& get,
             const std::function<void(std::uint64_t)>& set, std::uint64_t least, std::uint64_t most);

template <typename T>
Key size_key(std::string_view name, T& value, std::uint64_t least, std::uint64_t most) {
  return size_key(
      name, [&value] { return static_cast<std::uint64_t>(value); },
      [&value](std::uint64_t read) { value = static_cast<T>(read); }, least, most);
}

}  // namespace ferryman
