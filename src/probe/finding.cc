#include "probe/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ferryman::probe {

std::string_view name(Severity severity) {
  constexpr std::array<std::string_view, 4> names{"ok", "unknown", "warning", "critical"};
  return names[static_cast<std::size_t>(severity)];
}

const Finding* find(const Findings& findings, std::string_view id) {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [id](const Finding& one) { return one.id == id; });
  return found == findings.end() ? nullptr : &*found;
}

Severity worst(const Findings& findings) {
  Severity worst = Severity::ok;
  for (const Finding& finding : findings) worst = std::max(worst, finding.severity);
  return worst;
}

std::string printable(std::string_view text, std::size_t longest) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= longest) return out + "...";
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    // U+0080 to U+009F are controls as well.
    const bool control = first < 0x20 || first == 0x7f ||
                         (length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
    if (length == 0 || control) {
      out += fmt::format("\\x{:02x}", first);
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

}  // namespace ferryman::probe
