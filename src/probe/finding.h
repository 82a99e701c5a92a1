#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferryman::probe {

// In the order in which one outweighs another.
enum class Severity : std::uint8_t { ok, unknown, warning, critical };

std::string_view name(Severity severity);  // "ok", "unknown", ...

// What was found out, in one sentence without its full stop, and for trouble what to do about it. The texts
// may be printed: what came from the network has gone through printable().
struct Finding {
  std::string_view id;  // a literal: lower case and underscores
  Severity severity = Severity::ok;
  std::string sentence;
  std::string advice = {};
};

using Findings = std::vector<Finding>;

const Finding* find(const Findings& findings, std::string_view id);
Severity worst(const Findings& findings);

// UTF-8 without control characters, in a bounded length: every other octet becomes \xNN.
std::string printable(std::string_view text, std::size_t longest = 200);

}  // namespace ferryman::probe
