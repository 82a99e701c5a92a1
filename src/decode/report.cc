#include "decode/report.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace ferryman::decode {
namespace {

using Json = nlohmann::ordered_json;

void put(std::string& out, const Node& node, std::size_t indent) {
  out.append(2 * indent, ' ');
  out += node.name.empty() ? node.type : node.name + ":";
  if (!node.value.empty()) out += " " + node.value;
  if (node.value.empty() && !node.name.empty() && !node.type.empty() && !node.children.empty())
    out += " " + node.type;
  if (!node.meaning.empty()) fmt::format_to(std::back_inserter(out), " ({})", node.meaning);
  if (!node.note.empty()) fmt::format_to(std::back_inserter(out), " [{}]", node.note);
  if (!node.fault.empty()) fmt::format_to(std::back_inserter(out), " !! {}", node.fault);
  out += '\n';
  for (const Node& child : node.children) put(out, child, indent + 1);
}

Json json_of(const Node& node) {
  Json json = Json::object();
  const auto add = [&json](const char* key, const std::string& text) {
    if (!text.empty()) json[key] = text;
  };
  add("name", node.name);
  add("type", node.type);
  if (node.number && fmt::to_string(*node.number) == node.value) {
    json["value"] = *node.number;
  } else {
    add("value", node.value);
  }
  add("meaning", node.meaning);
  add("note", node.note);
  add("fault", node.fault);
  if (!node.children.empty()) {
    Json& children = json["children"] = Json::array();
    for (const Node& child : node.children) children.push_back(json_of(child));
  }
  return json;
}

}  // namespace

std::string to_text(const Node& node, std::size_t indent) {
  std::string out;
  put(out, node, indent);
  return out;
}

std::string to_json(const Node& node) {
  return json_of(node).dump();
}

}  // namespace ferryman::decode
