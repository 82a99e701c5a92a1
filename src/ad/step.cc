#include "ad/step.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"

namespace ferryman::ad {
namespace {

// RFC 2849, SAFE-STRING: other values are written in base64.
bool is_safe(std::string_view value) {
  if (value.empty()) return true;
  const char first = value.front();
  return first != ' ' && first != ':' && first != '<' && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string line(std::string_view name, std::string_view value) {
  return is_safe(value) ? fmt::format("{}: {}\n", name, value)
                        : fmt::format("{}:: {}\n", name, base64_of(as_bytes(value)));
}

std::string_view word_of(Step::Kind kind) {
  return kind == Step::Kind::add ? "add" : kind == Step::Kind::modify ? "modify" : "delete";
}

std::string_view word_of(Change::Kind kind) {
  return kind == Change::Kind::add ? "add" : kind == Change::Kind::replace ? "replace" : "delete";
}

std::string lines_of(const Change& change) {
  std::string text = line(word_of(change.kind), change.attribute);
  for (const std::string& value : change.values) text += line(change.attribute, value);
  return text + "-\n";
}

}  // namespace

Outcome<void> apply(Connection& connection, const Step& step) {
  switch (step.kind) {
    case Step::Kind::add:
      return connection.add(step.dn, step.attributes, step.controls);
    case Step::Kind::modify:
      return connection.modify(step.dn, step.changes, step.controls);
    case Step::Kind::remove:
      break;
  }
  return connection.remove(step.dn);
}

std::string ldif_of(const Step& step) {
  std::string text = fmt::format("# {}\n", step.why) + line("dn", step.dn);
  for (const Control& control : step.controls)
    text += fmt::format("control: {} {}\n", control.oid, control.critical ? "true" : "false");
  text += line("changetype", word_of(step.kind));
  for (const auto& [name, values] : step.attributes)
    for (const std::string& value : values) text += line(name, value);
  for (const Change& change : step.changes) text += lines_of(change);
  return text;
}

}  // namespace ferryman::ad
