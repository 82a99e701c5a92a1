#include "front/route.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "local/limits.h"

namespace ferryman::front {
namespace {

// Behind /TENANT: whole, or with a slash at the end what begins so.
constexpr std::array<std::string_view, 10> sign_in_paths{
    "/.well-known/", "/v2.0/",  "/oauth2/", "/discovery/", "/UserRealm/",
    "/Discover",     "/device", "/me",      "/me/",        "/posix/"};

// Behind the names that are no tenant's.
constexpr std::array<std::string_view, 2> sign_in_roots{"/EnrollmentServer/", "/odc/"};

bool matches(std::string_view path, std::string_view pattern) {
  return pattern.ends_with('/') ? equal_without_case(path.substr(0, pattern.size()), pattern)
                                : equal_without_case(path, pattern);
}

template <typename Patterns>
bool matches_any(std::string_view path, const Patterns& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [path](std::string_view pattern) { return matches(path, pattern); });
}

}  // namespace

Route find_route(std::string_view path) {
  if (path == "/" || matches_any(path, sign_in_roots)) return {Destination::sign_in, {}};
  if (!path.starts_with('/')) return {};
  const auto slash = path.find('/', 1);
  if (slash == std::string_view::npos) return {};
  const std::string_view tenant = path.substr(1, slash - 1);
  if (tenant.empty() || tenant.size() > local::max_tenant) return {};
  std::string_view rest = path.substr(slash);
  if (matches_any(rest, sign_in_paths)) return {Destination::sign_in, tenant};
  if (rest.size() > 1 && rest.ends_with('/')) rest.remove_suffix(1);
  return matches(rest, "/kerberos") ? Route{Destination::kerberos, tenant} : Route{};
}

}  // namespace ferryman::front
