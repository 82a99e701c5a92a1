#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "json/parse.h"

// The wire of docs/admin-protocol.md, of both sides: one JSON object a line.
namespace ferryman::admin {

using json::Json;

inline constexpr int version = 1;
inline constexpr std::size_t max_line = 1 << 20;  // octets of a message, without its line feed
inline constexpr std::size_t max_depth = 8;       // objects and lists within each other

// Reasons that the directory has not.
namespace reason {
inline constexpr std::string_view invalid = "invalid", wrong_version = "wrong_version",
                                  weak_password = "weak_password", not_understood = "not_understood",
                                  not_allowed = "not_allowed";  // at this socket
// Of the client's own: they are not on the wire.
inline constexpr std::string_view not_reachable = "not_reachable",  // nobody listens, or hung up later on
    not_admitted = "not_admitted",  // the service does not listen to this user
    no_answer = "no_answer";        // none in time, or none of the protocol
}  // namespace reason

struct Failure {
  std::string reason;
  std::string text;  // one sentence or two for an administrator

  friend bool operator==(const Failure&, const Failure&) = default;
};
template <typename T>
using Outcome = tl::expected<T, Failure>;

struct Request {
  std::string command;   // "user.show"
  std::string tenant{};  // a name, a domain or a GUID; empty: the default tenant
  Json arguments = Json::object();

  friend bool operator==(const Request&, const Request&) = default;
};

// What came of it: the member `result`, an object, or `error`.
using Reply = Outcome<Json>;

// One line without its line feed. not_understood for what is no JSON object of UTF-8, nests deeper, says a
// member twice, or lacks one; invalid for a member that is not known; wrong_version.
Outcome<Request> parse_request(std::string_view line);
// The failure of the outer one is no_answer or wrong_version; members that are not known are passed over.
Outcome<Reply> parse_reply(std::string_view line);

// The line with its line feed. invalid where a text is no UTF-8 or the line would be too long; a reply that
// is too long becomes the error that says so.
Outcome<std::string> print(const Request& request);
std::string print(const Reply& reply);

// A message may hold passwords and keytabs.
using json::wipe_text;
using json::wipe_texts;

}  // namespace ferryman::admin
