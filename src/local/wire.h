#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::local {

// Integers in network order and strings (4 octets of length, then the octets), as RFC 4251 5 has them.

// Reads them off the front of a payload. The first fault stays, and whatever is read after it is empty.
class Cursor {
 public:
  explicit Cursor(Bytes payload) : payload_(payload) {}

  std::uint8_t uint8();
  std::uint16_t uint16();
  std::uint32_t uint32();
  std::uint64_t uint64();
  Bytes string(std::size_t most);
  std::string_view text(std::size_t most) { return as_text(string(most)); }

  void fail(Fault fault);
  // The fault, if there was one; octets that are left over are one.
  std::optional<Error> end();

 private:
  std::uint32_t integer(std::size_t octets);

  Bytes payload_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

class Appender {
 public:
  explicit Appender(std::vector<std::uint8_t>& out) : out_(out) {}
  void uint8(std::uint8_t value) { out_.push_back(value); }
  void uint16(std::uint16_t value);
  void uint32(std::uint32_t value);
  void uint64(std::uint64_t value);
  void string(Bytes octets);
  void text(std::string_view text) { string(as_bytes(text)); }

 private:
  std::vector<std::uint8_t>& out_;
};

}  // namespace ferryman::local
