#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "directory/account.h"
#include "directory/failure.h"

// The names of a tenant's objects: accounts ("alice", "WEB$", "alice/admin"), groups, UPNs
// ("alice@example.com") and SPNs ("HTTP/www.example.com"). All are in one space, so that none can be taken
// for another, and all are unique without case.
namespace ferryman::directory {

inline constexpr std::size_t max_name = 255;  // octets of a component, a realm, a domain
inline constexpr std::size_t max_display_name = 1024;

// What a name is unique by: folded, and without a "$" at the end, so that ROOT$ and root exclude each other.
// Empty for what can be no name: it is no UTF-8, or has a NUL.
std::string unique_key(std::string_view name);

// The components behind each other with "/" between; empty where that would not be a name of just these.
std::string joined(std::span<const std::string_view> components);
std::vector<std::string_view> components_of(std::string_view name);

// Rules of new names; reason invalid with what is wrong. Characters that name services, paths or shells give
// a meaning are no part of one, "$" ends a service's only.
Outcome<void> check_user_name(std::string_view name);
Outcome<void> check_service_name(std::string_view name);  // "WEB$", "svc-web", or an SPN
Outcome<void> check_group_name(std::string_view name);
Outcome<void> check_upn(std::string_view upn);
// class/host or class/host/domain, the host with or without ":" and a port or an instance.
Outcome<void> check_spn(std::string_view spn);

// What stands as the first part of a URL's path; not what means something there already. A name is one label.
Outcome<void> check_tenant_name(std::string_view name);
Outcome<void> check_tenant_domain(std::string_view domain);
Outcome<void> check_domain(std::string_view domain);
// Of a realm map: "example.com", ".example.com" for all hosts in it, ".example.com:1433" for those with a
// port.
Outcome<void> check_top_level_name(std::string_view name);
Outcome<void> check_realm(std::string_view realm);

}  // namespace ferryman::directory
