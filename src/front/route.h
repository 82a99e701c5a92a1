#pragma once

#include <cstdint>
#include <string_view>

namespace ferryman::front {

enum class Destination : std::uint8_t {
  none,
  kerberos,  // [MS-KKDCP] to the KDC of a tenant
  sign_in,   // and the pages that belong to it
};

struct Route {
  Destination destination = Destination::none;
  std::string_view tenant;  // as it stands in the path; empty where the path names none
};

// Which service of ferryman-realm a path is for, compared without case and not decoded. What it serves there
// it says itself. The tenant is a view of the path.
Route find_route(std::string_view path);

}  // namespace ferryman::front
