#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "probe/finding.h"

namespace ferryman::probe {

enum class Family : std::uint8_t { windows, mit, apple, ferryman };
enum class Verdict : std::uint8_t { works, works_with_remarks, does_not_work, unknown };

std::string_view name(Family family);    // "Windows", "MIT krb5", ...
std::string_view key(Family family);     // "windows", "mit", ...
std::string_view name(Verdict verdict);  // "works", "works with remarks", ...

struct ClientVerdict {
  Family family;
  Verdict verdict = Verdict::works;
  std::vector<std::string> reasons;  // the sentences of the findings behind it
};

// What each kind of client will make of a proxy about which that was found.
std::vector<ClientVerdict> judge(const Findings& findings);

}  // namespace ferryman::probe
