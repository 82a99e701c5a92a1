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

// The other way of NdrReader, with the same functions: what is written is what Windows and Samba write, down
// to the referents' numbers. Fields must live until finish(). Throws std::length_error for a string of more
// than max_units and an array of more elements than NdrReader takes.
class NdrWriter {
 public:
  static constexpr std::size_t max_units = 32766;

  NdrWriter();
  NdrWriter(const NdrWriter&) = delete;
  NdrWriter& operator=(const NdrWriter&) = delete;

  template <typename T>
  void number(T value) {
    writer_.align(sizeof(T));
    if constexpr (sizeof(T) == sizeof(std::uint16_t)) writer_.u16(value);
    if constexpr (sizeof(T) == sizeof(std::uint32_t)) writer_.u32(value);
  }
  void time(std::uint64_t value);
  void octets(Bytes value) { writer_.octets(value); }
  void reserved(std::size_t count) { out_.resize(out_.size() + count); }
  void string(const std::optional<std::u16string>& value, bool terminated = false);
  void sid(const std::optional<Sid>& value);
  void sid(const Sid& value);
  template <typename Element, typename Each>
  void array(const std::vector<Element>& elements, Each each) {
    number(count_of(elements.size()));
    pointer(!elements.empty());
    if (elements.empty()) return;
    deferred_.push_back([this, &elements, each] {
      number(count_of(elements.size()));
      for (const Element& element : elements) each(*this, element);
    });
  }

  Octets finish();

 private:
  static std::uint32_t count_of(std::size_t elements);
  void pointer(bool there);
  void write_deferred();

  Octets out_;
  LittleEndianWriter writer_{out_};
  std::uint32_t next_referent_;
  std::vector<std::function<void()>> deferred_;
};

}  // namespace ferryman::pac
