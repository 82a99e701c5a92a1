#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "json/parse.h"

namespace ferryman::trace {

// One request as a gateway tells of it (docs/admin-protocol.md).
struct Record {
  std::chrono::microseconds time{0};  // since 1970, when it has come
  json::Json event = json::Json::object();
  Octets request, reply;  // as the client sent and got them; may be empty
  Octets kdc_reply;       // the KDC's, where it is another

  // A member of the event; empty or 0 where there is none, or one of another type.
  std::string_view text(const char* name) const;
  std::int64_t number(const char* name) const;
};

// Records that the gateway did not keep for a client which read too slowly.
struct Lost {
  std::uint64_t records = 0;
};

// A line of a trace, without its line feed. Nothing for what is none. Members that are not known are passed
// over.
std::optional<std::variant<Record, Lost>> read_line(std::string_view line);

}  // namespace ferryman::trace
