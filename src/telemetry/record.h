#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "telemetry/ecs.h"
#include "telemetry/log.h"

namespace ferryman::telemetry {

// One line of the log: an ordinary one needs no more memory than this.
using Line = fmt::basic_memory_buffer<char, 2048>;

// The name of a field: a word of ours, at most max_size letters, and what it is called in ECS.
class Key {
 public:
  static constexpr std::size_t max_size = 27;

  template <std::size_t N>
  consteval Key(const char (&literal)[N])  // implicit, as a literal is a name
      : Key(std::string_view(literal, N - 1)) {
    static_assert(N - 1 <= max_size);
  }
  template <std::size_t N, std::size_t M>
  consteval Key(const char (&literal)[N], const char (&ecs)[M])
      : ours_({}, {literal, N - 1}), ecs_({}, {ecs, M - 1}) {
    static_assert(N - 1 <= max_size && M - 1 <= max_size);
  }
  constexpr explicit Key(std::string_view name) : ours_({}, name), ecs_(ecs(name)) {}

 private:
  friend class Record;

  struct Name {
    constexpr Name(std::string_view prefix, std::string_view name)
        : size(static_cast<std::uint8_t>(std::min(prefix.size() + name.size(), max_size))) {
      char* at = quoted.data();
      *at++ = '"';
      at = std::copy_n(prefix.data(), prefix.size(), at);
      at = std::copy_n(name.data(), size - prefix.size(), at);
      *at++ = '"';
      *at++ = ':';
      *at = '"';
    }
    std::array<char, max_size + 4> quoted{};  // "name":"
    std::uint8_t size;
  };

  static constexpr Name ecs(std::string_view name) {
    const std::string_view known = ecs_name(name);
    return known.empty() ? Name("ferryman.", name) : Name({}, known);
  }

  Name ours_, ecs_;
};

// Builds one line of the log behind what stands in `out`: logfmt, or a JSON object, with our names or those
// of ECS. Values may hold any octets; what is not harmless (base/text.h) is escaped, in text as \xNN or
// \uNNNN, in JSON as \uNNNN, so that no value can end its field or its line, or look like others. Between
// begin() and end(), and only then, the line is being built and out is not to be used.
class Record {
 public:
  Record(Format format, Line& out)
      : json_(format != Format::text), name_(format == Format::ecs ? &Key::ecs_ : &Key::ours_), out_(out) {}

  // Whether a value is to be what ECS asks for under a name of its own.
  bool is_ecs() const { return name_ == &Key::ecs_; }

  void begin();
  void text(const Key& key, std::string_view value);
  void number(const Key& key, std::int64_t value);
  void hex(const Key& key, std::uint32_t value);  // "0x40000000"
  void flag(const Key& key, bool value);
  void end();  // of a line of one field or more

  // A word of ours, which is known to need no escape.
  void word(const Key& key, std::string_view value);

  // A value that is written in place, octets as they are: begins its field, and returns where at most `most`
  // octets may be written. What stands there up to `end` is then escaped where it has to be.
  char* open(const Key& key, std::size_t most);
  void close(char* end);
  void close_word(char* end);  // of what is known to need no escape

 private:
  char* name(const Key& key, bool quote, std::size_t room);
  void escape(std::size_t octets);
  char* escaped(char* at, std::string_view value) const;
  void quote_and_part(char* end);
  void part(char* end);
  void reserve(std::size_t octets) {
    if (static_cast<std::size_t>(end_ - at_) < octets) grow(octets);
  }
  void grow(std::size_t octets);

  bool json_;
  Key::Name Key::*name_;  // which of the two, in JSON
  Line& out_;
  char* at_ = nullptr;  // where the line goes on; in an open field where its value begins
  char* end_ = nullptr;
};

// "2026-01-31T12:00:00.123Z", in UTC; valid until the thread's next call.
std::string_view timestamp(std::chrono::system_clock::time_point now);

}  // namespace ferryman::telemetry
