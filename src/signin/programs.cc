#include "signin/programs.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ferryman::signin {
namespace {

// By these ids clients written for Entra sign computers in, and to these URIs of theirs codes go.
const std::vector<Program>& known_programs() {
  static const std::vector<Program> known{
      {"29d9ed98-a469-4536-ade2-f981bc1d605e",
       "Microsoft Authentication Broker",
       {"msauth://Microsoft.AAD.BrokerPlugin", "ms-aadj-redir://auth/drs",
        "ms-appx-web://Microsoft.AAD.BrokerPlugin/29d9ed98-a469-4536-ade2-f981bc1d605e"},
       true},
      {"38aa3b87-a06d-4817-b275-7a316988d93b",
       "Windows sign-in",
       {"ms-appx-web://Microsoft.AAD.BrokerPlugin/38aa3b87-a06d-4817-b275-7a316988d93b"},
       true},
      {"b743a22d-6705-4147-8670-d92fa515ee2b",
       "Company Portal for Linux",
       {"companyportal://com.microsoft.CompanyPortal"},
       true},
      {"1b730954-1685-4b74-9bfd-dac224a7b894", "Azure AD PowerShell", {}, true},
  };
  return known;
}

constexpr std::array<std::string_view, 3> loopback{"http://localhost", "http://127.0.0.1", "http://[::1]"};

// Of one at loopback: without its port.
std::string without_port(std::string_view uri) {
  for (const std::string_view host : loopback) {
    if (!uri.starts_with(host)) continue;
    std::string_view rest = uri.substr(host.size());
    if (rest.starts_with(':')) {
      rest.remove_prefix(1);
      const auto digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
      if (digits == 0 || digits > 5) return std::string(uri);
      rest.remove_prefix(digits);
    }
    // Not a longer host's name, nor who logs on to one.
    if (!rest.empty() && rest.front() != '/') return std::string(uri);
    return std::string(host).append(rest);
  }
  return std::string(uri);
}

bool is_loopback(std::string_view uri) {
  return std::any_of(loopback.begin(), loopback.end(), [&](std::string_view host) {
    return uri.starts_with(host) &&
           (uri.size() == host.size() || uri[host.size()] == '/' || uri[host.size()] == ':');
  });
}

bool is_scheme(std::string_view scheme) {
  return !scheme.empty() && std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+';
  });
}

const Program* find(const std::vector<Program>& programs, std::string_view id) {
  const auto found = std::find_if(programs.begin(), programs.end(),
                                  [&](const Program& program) { return equal_without_case(program.id, id); });
  return found == programs.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Program> find_program(const std::vector<Program>& configured, std::string_view id) {
  if (const Program* program = find(known_programs(), id)) return *program;
  if (const Program* program = find(configured, id)) return *program;
  return std::nullopt;
}

bool may_redirect(const Program& program, std::string_view uri) {
  return std::any_of(program.redirect_uris.begin(), program.redirect_uris.end(),
                     [&](const std::string& each) {
                       return each == uri || (is_loopback(each) && without_port(uri) == without_port(each));
                     });
}

std::string_view mistake_in_redirect_uri(std::string_view uri) {
  const auto colon = uri.find(':');
  if (colon == uri.npos || !is_scheme(uri.substr(0, colon))) return "has no scheme in small letters";
  if (!std::all_of(uri.begin(), uri.end(),
                   [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; }))
    return "has other characters than URIs have";
  if (uri.find('#') != uri.npos) return "has a fragment";
  const std::string_view scheme = uri.substr(0, colon);
  if (scheme == "https") return uri.starts_with("https://") && uri.size() > 8 ? "" : "names no host";
  if (scheme == "http") return is_loopback(uri) ? "" : "is neither https nor at loopback";
  constexpr std::array<std::string_view, 6> of_browsers{"javascript", "data",  "vbscript",
                                                        "file",       "about", "blob"};
  if (std::find(of_browsers.begin(), of_browsers.end(), scheme) != of_browsers.end())
    return "has a scheme of browsers' own";
  return "";
}

}  // namespace ferryman::signin
