#include "explain/principal.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "kerberos/limits.h"

namespace ferryman::explain {
namespace {

constexpr std::size_t longest = 512, most_components = 8;

std::optional<Principal> parse(std::string_view text) {
  if (text.empty() || text.size() > longest) return std::nullopt;
  Principal principal;
  if (const auto at = text.rfind('@'); at != text.npos) {
    principal.realm = text.substr(at + 1);
    text = text.substr(0, at);
    if (principal.realm.empty()) return std::nullopt;
  }
  while (true) {
    const auto slash = text.find('/');
    principal.components.emplace_back(text.substr(0, slash));
    if (principal.components.back().empty() || principal.components.size() > most_components)
      return std::nullopt;
    if (slash == text.npos) return principal;
    text.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string Principal::name() const {
  return fmt::format("{}", fmt::join(components, "/"));
}

std::string Principal::text() const {
  return printable(realm.empty() ? name() : fmt::format("{}@{}", name(), realm));
}

kerberos::Name Principal::kerberos_name(std::int32_t type) const {
  return {type, std::vector<std::string_view>(components.begin(), components.end())};
}

std::optional<Principal> parse_user(std::string_view text) {
  return parse(text);
}

std::optional<Principal> parse_service(std::string_view text) {
  auto service = parse(text);
  if (service && service->components.size() < 2) return std::nullopt;
  return service;
}

std::string host_of(const Principal& service) {
  const std::string& host = service.components[1];
  if (host.starts_with('[') && host.find(']') != host.npos) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

std::string realm_by_domain(std::string_view host) {
  const auto dot = host.find('.');
  if (dot == host.npos) return {};
  std::string realm(host.substr(dot + 1));
  std::transform(realm.begin(), realm.end(), realm.begin(), ascii_upper);
  return realm;
}

}  // namespace ferryman::explain
