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
  return ferryman::printable(text.substr(0, longest)) + (text.size() > longest ? "..." : "");
}

}  // namespace ferryman::probe
