#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferryman::signin {

// A program that asks for tokens in the name of who uses it: an OAuth client without a secret (RFC 6749 2.1).
struct Program {
  std::string id, name;  // name: for people
  // What a code may go to, each whole; of one at loopback the port does not count (RFC 8252 7.3).
  std::vector<std::string> redirect_uris{};
  // One that signs its user's computer in. Others get tokens for themselves: none by which a device is joined
  // or a key is registered, and none for further ones.
  bool signs_in_computers = false;

  friend bool operator==(const Program&, const Program&) = default;
};

// Those that everybody knows (Entra's own), then the configured ones. id: compared without case.
std::optional<Program> find_program(const std::vector<Program>& configured, std::string_view id);
bool may_redirect(const Program& program, std::string_view uri);

// What is wrong with a redirect URI that is to be configured; empty: nothing. https, http at loopback, or a
// scheme of the program's own, and no fragment (RFC 6749 3.1.2, RFC 8252 7).
std::string_view mistake_in_redirect_uri(std::string_view uri);

}  // namespace ferryman::signin
