#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "pac/sid.h"

namespace ferryman::pac {

// Reads one structure in NDR (C706 14) with its type serialization, version 1 [MS-RPCE 2.2.6], little endian.
// What a pointer points at stands behind the structure that holds it, so fields are named in their order
// and are filled at the latest by finish(); they must live as long as the reader. NdrWriter has the same
// functions, so that one description of a structure serves both:
//
//   template <typename Ndr, typename Info>
//   void describe(Ndr& ndr, Info& info) {
//     ndr.number(info.count);
//     ndr.string(info.name);
//   }
//
// Bounded: an array has room for all its elements in the input before memory is taken for them.
class NdrReader {
 public:
  static constexpr std::uint32_t max_elements = 4096;

  explicit NdrReader(Bytes buffer);
  NdrReader(const NdrReader&) = delete;
  NdrReader& operator=(const NdrReader&) = delete;

  template <typename T>
  void number(T& value) {
    reader_.align(sizeof(T));
    if constexpr (sizeof(T) == sizeof(std::uint16_t)) value = reader_.u16();
    if constexpr (sizeof(T) == sizeof(std::uint32_t)) value = reader_.u32();
  }
  // FILETIME [MS-DTYP 2.3.3]: two numbers of 32 bits.
  void time(std::uint64_t& value);
  void octets(std::span<std::uint8_t> value);
  void reserved(std::size_t count) { reader_.octets(count); }
  // RPC_UNICODE_STRING [MS-DTYP 2.3.10]; terminated: whose MaximumLength has room for a zero.
  void string(std::optional<std::u16string>& value, bool terminated = false);
  // A pointer to RPC_SID [MS-DTYP 2.4.2.3].
  void sid(std::optional<Sid>& value);
  // The same, where null is a fault.
  void sid(Sid& value);
  // A number of elements, and a pointer to a conformant array of so many. each: names an element's fields.
  template <typename Element, typename Each>
  void array(std::vector<Element>& elements, Each each) {
    std::uint32_t count = 0;
    number(count);
    if (!pointer()) {
      if (count != 0) reader_.fail(Fault::wrong_value);
      return;
    }
    deferred_.push_back([this, &elements, count, each] {
      constexpr std::size_t least_size = 8;
      if (!conformance(count, least_size)) return;
      elements.reserve(count);
      for (std::uint32_t i = 0; i < count && reader_.ok(); ++i) each(*this, elements.emplace_back());
    });
  }

  // What is pointed at is read. Octets that follow are padding. Faults: truncated, wrong_value, too_many.
  Result<void> finish();

 private:
  bool pointer();
  bool conformance(std::uint32_t count, std::size_t element_size);
  std::optional<Sid> read_sid();
  void read_deferred();

  LittleEndianReader reader_;
  std::vector<std::function<void()>> deferred_;
};

}  // namespace ferryman::pac
