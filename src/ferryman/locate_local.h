#pragma once

#include <string>

namespace ferryman {

// Whether ferryman-realm listens at this socket, for a realm that it serves.
struct LocalRealm {
  std::string realm, socket;
  std::string trouble;  // empty: it listens
};
LocalRealm look_for_local_realm(const std::string& realm, const std::string& socket);

std::string to_text(const LocalRealm& found);
std::string to_json(const LocalRealm& found);

}  // namespace ferryman
