#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace ferryman::decode {

// Reads little-endian numbers and the NDR constructs of a PAC (C706 14.3) from front to back. Behind a fault
// everything is zero or empty, and ok() is false.
class NdrReader {
 public:
  static constexpr std::uint32_t max_elements = 4096;

  explicit NdrReader(Bytes input) : input_(input) {}

  bool ok() const { return ok_; }
  std::size_t offset() const { return at_; }
  std::size_t left() const { return input_.size() - at_; }

  void align(std::size_t octets);
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  Bytes octets(std::size_t count);
  // A conformant array's number of elements, which must have room in the rest and be at most max_elements.
  std::uint32_t count(std::size_t element_size);
  // Conformant varying array of UTF-16, without its terminator; escaped.
  std::string string();
  std::string sid();  // "S-1-5-21-...", behind its conformance

  void fail() { ok_ = false; }

 private:
  Bytes input_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

// A SID [MS-DTYP 2.4.2.2] at the front of the bytes; empty where it is none.
std::string sid_text(Bytes bytes);

// FILETIME as "2026-01-01T00:00:00Z", "never" for those that mean that, empty for 0.
std::string file_time_text(std::uint64_t time);

}  // namespace ferryman::decode
