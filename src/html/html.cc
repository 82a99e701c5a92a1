#include "html/html.h"

#include "base/text.h"

namespace ferryman::html {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const Character c = take_character(text);
    if (c.octets == "&") {
      out += "&amp;";
    } else if (c.octets == "<") {
      out += "&lt;";
    } else if (c.octets == ">") {
      out += "&gt;";
    } else if (c.octets == "\"") {
      out += "&quot;";
    } else if (c.octets == "'") {
      out += "&#39;";
    } else {
      out += c.is_harmless ? c.octets : replacement;
    }
  }
}

void append_start(std::string& out, std::string_view name, std::initializer_list<Attribute> attributes) {
  out.append("<").append(name);
  for (const Attribute& attribute : attributes) {
    out.append(" ").append(attribute.name.text()).append("=\"");
    append_escaped(out, attribute.value);
    out += '"';
  }
  out += '>';
}

}  // namespace

Html::Html(std::string_view text) {
  append_escaped(octets_, text);
}

Html Html::verbatim(Literal text) {
  Html html;
  html.octets_ = text.text();
  return html;
}

Html element(Name name, std::initializer_list<Attribute> attributes, const Html& content) {
  Html html;
  append_start(html.octets_, name.text(), attributes);
  html.octets_.append(content.octets_).append("</").append(name.text()).append(">");
  return html;
}

Html void_element(Name name, std::initializer_list<Attribute> attributes) {
  Html html;
  append_start(html.octets_, name.text(), attributes);
  return html;
}

}  // namespace ferryman::html
