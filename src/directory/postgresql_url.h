#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "directory/failure.h"

namespace ferryman::directory::postgresql {

// Which database of which server: libpq's keywords.
struct Url {
  std::vector<std::pair<std::string, std::string>> keywords;
  std::string text;  // as it was written; it has no password
};

bool is_url(std::string_view database);

// "postgresql:///ferryman", with ?host=/DIRECTORY&port=NUMBER&user=NAME&requirepeer=USER where these are not
// the system's default socket and this process' user; without escapes ("%2F"). Reason invalid for what is not
// reached by a unix socket, and for a password: the server tells its clients by their users, or libpq reads a
// passfile.
Outcome<Url> parse_url(const std::string& text);

}  // namespace ferryman::directory::postgresql
