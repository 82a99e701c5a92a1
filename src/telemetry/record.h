#pragma once

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "telemetry/event.h"
#include "telemetry/log.h"

namespace ferryman::telemetry {

// Builds one line of the log: logfmt or a JSON object. Values may hold any octets; what is not printable
// UTF-8 is escaped, in text as \xNN, in JSON as \u00NN, so that no value can end its field or its line.
class Record {
 public:
  Record(Format format, fmt::memory_buffer& out) : json_(format == Format::json), out_(out) {}

  void begin();
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::int64_t value);
  void flag(std::string_view key, bool value);
  void end();

 private:
  char* key(std::string_view key, std::size_t octets);
  void escaped(std::string_view value);

  bool json_, first_ = true;
  fmt::memory_buffer& out_;
};

// The fields of an event, in their fixed order.
void put_event(Record& record, const RequestEvent& event);

// "2026-01-31T12:00:00.123Z"
std::string_view timestamp(std::chrono::system_clock::time_point now, std::array<char, 32>& buffer);

}  // namespace ferryman::telemetry
