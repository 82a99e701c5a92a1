#include "probe/verdict.h"

#include <algorithm>
#include <array>

namespace ferryman::probe {
namespace {

enum Who : unsigned { windows = 1, mit = 2, apple = 4, ours = 8, not_mit = 13, all = 15 };

// A finding of that severity or worse keeps these clients out, or is worth a remark to them.
struct Rule {
  std::string_view id;
  Severity from;
  unsigned breaks, remarks;
  Severity to = Severity::critical;
};

// MIT reads to the connection's end, takes neither 1xx nor chunks and looks at no HTTP status; Windows
// enforces revocation; Apple and Windows want the name in subjectAltName, where MIT falls back to the
// subject.
constexpr auto rules = std::to_array<Rule>({
    {"resolve", Severity::critical, all, 0},
    {"connect", Severity::critical, all, 0},
    {"tls_handshake", Severity::critical, all, 0},
    {"plain_http", Severity::warning, 0, all},
    {"tls_1_2", Severity::warning, 0, all},
    {"certificate_trust", Severity::critical, all, 0},
    {"certificate_name", Severity::critical, all, 0},
    {"certificate_san", Severity::critical, windows | apple, mit | ours},
    {"certificate_expired", Severity::critical, all, 0},
    {"certificate_expiry", Severity::warning, 0, all},
    {"revocation", Severity::warning, windows, 0},
    {"stapling", Severity::critical, windows | apple, mit | ours},
    {"stapling", Severity::warning, 0, windows | apple},
    {"http_1_0", Severity::critical, mit, 0},
    {"http_1_1", Severity::critical, not_mit, 0},
    {"http_1_1", Severity::warning, 0, not_mit},
    {"redirect", Severity::critical, all, 0},
    {"kdc_answer", Severity::critical, all, 0},
    {"kdc_answer", Severity::warning, 0, all},
    {"realm_name", Severity::critical, all, 0},
    {"clock", Severity::critical, all, 0},
    {"clock", Severity::warning, 0, all},
    {"no_prefix", Severity::warning, 0, apple},
    {"unarmored_password", Severity::ok, 0, all, Severity::ok},
});

void weigh(ClientVerdict& client, const Finding& finding, unsigned who) {
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& one) {
    return one.id == finding.id && finding.severity >= one.from && finding.severity <= one.to;
  });
  if (rule == rules.end() || finding.severity == Severity::unknown) return;
  if ((rule->breaks & who) != 0)
    client.verdict = Verdict::does_not_work;
  else if ((rule->remarks & who) == 0)
    return;
  else if (client.verdict == Verdict::works)
    client.verdict = Verdict::works_with_remarks;
  client.reasons.push_back(finding.sentence);
}

}  // namespace

std::string_view name(Family family) {
  constexpr std::array<std::string_view, 4> names{"Windows", "MIT krb5", "Apple", "ferryman"};
  return names[static_cast<std::size_t>(family)];
}

std::string_view key(Family family) {
  constexpr std::array<std::string_view, 4> keys{"windows", "mit", "apple", "ferryman"};
  return keys[static_cast<std::size_t>(family)];
}

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, 4> names{"works", "works with remarks", "does not work", "unknown"};
  return names[static_cast<std::size_t>(verdict)];
}

std::vector<ClientVerdict> judge(const Findings& findings) {
  std::vector<ClientVerdict> clients;
  const Finding* kdc = find(findings, "kdc_answer");
  for (unsigned i = 0; i < 4; ++i) {
    ClientVerdict& client = clients.emplace_back(ClientVerdict{static_cast<Family>(i), Verdict::works, {}});
    for (const Finding& finding : findings) weigh(client, finding, 1U << i);
    const bool seen = kdc != nullptr && kdc->severity != Severity::unknown;
    if (!seen && client.verdict != Verdict::does_not_work) client.verdict = Verdict::unknown;
  }
  return clients;
}

}  // namespace ferryman::probe
