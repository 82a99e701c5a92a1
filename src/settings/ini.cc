#include "settings/ini.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace ferryman {
namespace {

using Failure = Ini::Failure;

constexpr std::string_view blank = " \t\r\f\v";
constexpr std::string_view default_section = "DEFAULT";
constexpr unsigned max_depth = 10;        // of references, as configparser has it
constexpr std::size_t max_value = 65536;  // with its references put in

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), ascii_lower);
  return result;
}

tl::unexpected<Failure> failure(std::uint32_t line, std::string text) {
  return tl::unexpected(Failure{line, std::move(text)});
}

Ini::Value* value_of(Ini::Section& section, std::string_view key) {
  const auto found = std::find_if(section.values.begin(), section.values.end(),
                                  [key](const auto& entry) { return entry.first == key; });
  return found == section.values.end() ? nullptr : &found->second;
}

// One text, line by line.
class IniReader {
 public:
  tl::expected<void, Failure> line(std::string_view text);
  std::vector<Ini::Section> sections;

 private:
  tl::expected<void, Failure> header(std::string_view text);
  tl::expected<void, Failure> option(std::string_view text);

  std::uint32_t number_ = 0;
  std::size_t indent_ = 0;         // of the key whose value may go on
  Ini::Value* current_ = nullptr;  // that value
};

tl::expected<void, Failure> IniReader::line(std::string_view text) {
  ++number_;
  const std::string_view content = trim(text);
  if (content.empty() || content.front() == '#' || content.front() == ';') return {};
  const std::size_t indent = text.find_first_not_of(blank);
  if (current_ != nullptr && indent > indent_) {
    current_->text += '\n';
    current_->text += content;
    return {};
  }
  indent_ = indent;
  current_ = nullptr;
  return content.front() == '[' && content.find(']') > 1 && content.find(']') != std::string_view::npos
             ? header(content)
             : option(content);
}

tl::expected<void, Failure> IniReader::header(std::string_view text) {
  const std::string_view name = text.substr(1, text.rfind(']') - 1);
  if (std::any_of(sections.begin(), sections.end(), [name](const auto& s) { return s.name == name; })) {
    return failure(number_, fmt::format("section [{}] stands here twice", name));
  }
  sections.push_back({std::string(name), number_, {}});
  return {};
}

tl::expected<void, Failure> IniReader::option(std::string_view text) {
  const auto delimiter = text.find_first_of("=:");
  if (sections.empty()) return failure(number_, "a [section] is expected before the first key");
  if (delimiter == std::string_view::npos || delimiter == 0)
    return failure(number_, "\"key = value\" is expected");
  const std::string key = lower(trim(text.substr(0, delimiter)));
  Ini::Section& section = sections.back();
  if (value_of(section, key) != nullptr) {
    return failure(number_, fmt::format("{} stands twice in [{}]", key, section.name));
  }
  section.values.emplace_back(key, Ini::Value{std::string(trim(text.substr(delimiter + 1))), number_});
  current_ = &section.values.back().second;
  return {};
}

}  // namespace

tl::expected<void, Failure> Ini::read(std::string_view text) {
  if (!is_utf8(text)) return failure(0, "is not UTF-8");
  IniReader reader;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (auto read = reader.line(text.substr(0, end)); !read) return read;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return merge(std::move(reader.sections));
}

tl::expected<void, Failure> Ini::merge(std::vector<Section> fresh) {
  for (Section& section : fresh) {
    Section* into = &defaults_;
    if (section.name != default_section) {
      const auto found = std::find_if(sections_.begin(), sections_.end(),
                                      [&](const Section& s) { return s.name == section.name; });
      into = found != sections_.end() ? &*found
                                      : &sections_.emplace_back(Section{section.name, section.line, {}});
    }
    for (auto& [key, value] : section.values) {
      if (Value* old = value_of(*into, key)) {
        *old = std::move(value);
      } else {
        into->values.emplace_back(key, std::move(value));
      }
    }
  }
  return {};
}

const Ini::Section* Ini::find(std::string_view name) const {
  const auto found =
      std::find_if(sections_.begin(), sections_.end(), [name](const Section& s) { return s.name == name; });
  return found == sections_.end() ? nullptr : &*found;
}

const Ini::Value* Ini::raw(const Section& section, std::string_view key) const {
  for (const Section* place : {&section, &defaults_}) {
    for (const auto& [name, value] : place->values) {
      if (name == key) return &value;
    }
  }
  return nullptr;
}

tl::expected<Ini::Value, Failure> Ini::get(const Section& section, std::string_view key) const {
  const Value* value = raw(section, key);
  if (value == nullptr) return Value{};
  auto text = interpolate(section, *value, 0);
  if (!text) return tl::unexpected(text.error());
  return Value{std::move(*text), value->line};
}

tl::expected<std::string, Failure> Ini::interpolate(const Section& section, const Value& value,
                                                    unsigned depth) const {
  std::string out;
  std::string_view rest = value.text;
  while (true) {
    const auto percent = rest.find('%');
    out += rest.substr(0, percent);
    if (percent == std::string_view::npos) return out;
    rest.remove_prefix(percent + 1);
    if (rest.starts_with('%')) {
      out += '%';
      rest.remove_prefix(1);
      continue;
    }
    const auto end = rest.find(")s");
    if (!rest.starts_with('(') || end == std::string_view::npos) {
      return failure(value.line, "\"%\" must be followed by \"%\" or \"(key)s\"");
    }
    const std::string name = lower(rest.substr(1, end - 1));
    const Value* referred = raw(section, name);
    if (referred == nullptr) return failure(value.line, fmt::format("%({})s refers to no key", name));
    if (depth == max_depth) return failure(value.line, "references are nested too deep");
    auto inner = interpolate(section, *referred, depth + 1);
    if (!inner) return inner;
    out += *inner;
    if (out.size() > max_value) return failure(value.line, "references make the value too long");
    rest.remove_prefix(end + 2);
  }
}

}  // namespace ferryman
