#include "realm/programs_key.h"

#include <fmt/format.h>

#include <utility>

namespace ferryman::realm {
namespace {

std::vector<Key> keys_of(signin::Program& program) {
  return {string_key("id", program.id), string_key("name", program.name),
          strings_key("redirect_uris", program.redirect_uris)};
}

void check(const toml::node& node, const signin::Program& program, Mistakes& mistakes) {
  if (program.id.empty() || program.name.empty())
    mistakes.add(node, "programs: each has an id, as its client_id, and a name, as people know it");
  for (const std::string& uri : program.redirect_uris) {
    if (const auto mistake = signin::mistake_in_redirect_uri(uri); !mistake.empty())
      mistakes.add(node, fmt::format("redirect_uris: {} {}", show_string(uri), mistake));
  }
}

void read(const toml::node& node, std::vector<signin::Program>& programs, Mistakes& mistakes) {
  programs.clear();
  const toml::array* tables = node.as_array();
  if (tables == nullptr) return mistakes.add(node, "programs must be tables, [[sign_in.programs]]");
  for (const toml::node& each : *tables) {
    const toml::table* table = each.as_table();
    if (table == nullptr) return mistakes.add(each, "programs must be tables, [[sign_in.programs]]");
    signin::Program program;
    read_table(*table, "[[sign_in.programs]]", keys_of(program), mistakes);
    check(each, program, mistakes);
    if (signin::find_program(programs, program.id))
      mistakes.add(each, fmt::format("programs: {} is there already", show_string(program.id)));
    programs.push_back(std::move(program));
  }
}

std::string show(std::vector<signin::Program> programs) {
  std::string text = "[";
  for (signin::Program& program : programs) {
    text += text.size() > 1 ? ", {" : "{";
    std::string separator = " ";
    for (const Key& key : keys_of(program)) {
      text += fmt::format("{}{} = {}", separator, key.name, key.show());
      separator = ", ";
    }
    text += " }";
  }
  return text + "]";
}

}  // namespace

Key programs_key(std::vector<signin::Program>& programs) {
  return {"programs",
          [&programs](const toml::node& node, Mistakes& mistakes) { read(node, programs, mistakes); },
          [&programs] { return show(programs); }};
}

}  // namespace ferryman::realm
