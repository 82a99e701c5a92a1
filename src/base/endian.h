#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman {

// Numbers in the order of octets that a format has, whatever the machine's is. T: std::uint16_t, 32 or 64.

template <std::unsigned_integral T>
constexpr T reversed(T value) {
  if constexpr (sizeof(T) == sizeof(std::uint16_t)) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == sizeof(std::uint32_t)) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == sizeof(std::uint64_t)) return __builtin_bswap64(value);
  return value;
}

// The first sizeof(T) octets, which must be there.
template <std::unsigned_integral T, std::endian order>
constexpr T load(Bytes octets) {
  std::array<std::uint8_t, sizeof(T)> raw{};
  std::copy_n(octets.begin(), raw.size(), raw.begin());
  const T value = std::bit_cast<T>(raw);
  return order == std::endian::native ? value : reversed(value);
}
template <std::unsigned_integral T>
constexpr T load_le(Bytes octets) {
  return load<T, std::endian::little>(octets);
}
template <std::unsigned_integral T>
constexpr T load_be(Bytes octets) {
  return load<T, std::endian::big>(octets);
}

// Into the first sizeof(T) octets, which must be there.
template <std::unsigned_integral T, std::endian order>
constexpr void store(std::span<std::uint8_t> octets, T value) {
  const auto raw = std::bit_cast<std::array<std::uint8_t, sizeof(T)>>(
      order == std::endian::native ? value : reversed(value));
  std::copy_n(raw.begin(), raw.size(), octets.begin());
}
template <std::unsigned_integral T>
constexpr void store_le(std::span<std::uint8_t> octets, T value) {
  store<T, std::endian::little>(octets, value);
}
template <std::unsigned_integral T>
constexpr void store_be(std::span<std::uint8_t> octets, T value) {
  store<T, std::endian::big>(octets, value);
}

// Reads numbers and octets from front to back. The first fault stays; behind it everything is zero or empty,
// so that a parser can be written straight down and ask ok() at its end.
template <std::endian order>
class OctetReader {
 public:
  explicit OctetReader(Bytes input) : input_(input) {}

  bool ok() const { return ok_; }
  // Only when not ok(); the offset is where the fault was found.
  Error error() const { return {fault_, static_cast<std::uint32_t>(at_)}; }
  std::size_t offset() const { return at_; }
  std::size_t left() const { return ok_ ? input_.size() - at_ : 0; }

  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  Bytes octets(std::size_t count) {
    if (count > left()) {
      fail(Fault::truncated);
      return {};
    }
    at_ += count;
    return input_.subspan(at_ - count, count);
  }
  // Skips to the next offset that is a multiple.
  void align(std::size_t multiple) { octets((multiple - at_ % multiple) % multiple); }

  void fail(Fault fault) {
    if (ok_) fault_ = fault;
    ok_ = false;
  }

 private:
  template <typename T>
  T number() {
    const Bytes bytes = octets(sizeof(T));
    return bytes.empty() ? T{0} : load<T, order>(bytes);
  }

  Bytes input_;
  std::size_t at_ = 0;
  bool ok_ = true;
  Fault fault_ = Fault::truncated;
};
using LittleEndianReader = OctetReader<std::endian::little>;
using BigEndianReader = OctetReader<std::endian::big>;

// Appends numbers and octets to a vector of the caller's.
template <std::endian order>
class OctetWriter {
 public:
  explicit OctetWriter(Octets& out) : out_(&out) {}

  std::size_t size() const { return out_->size(); }
  void u8(std::uint8_t value) { out_->push_back(value); }
  void u16(std::uint16_t value) { number(value); }
  void u32(std::uint32_t value) { number(value); }
  void u64(std::uint64_t value) { number(value); }
  void octets(Bytes octets) { out_->insert(out_->end(), octets.begin(), octets.end()); }
  // Zeros up to the next size that is a multiple.
  void align(std::size_t multiple) {
    out_->resize(out_->size() + (multiple - out_->size() % multiple) % multiple);
  }

 private:
  template <typename T>
  void number(T value) {
    std::uint8_t bytes[sizeof(T)];
    store<T, order>(bytes, value);
    octets(bytes);
  }

  Octets* out_;
};
using LittleEndianWriter = OctetWriter<std::endian::little>;
using BigEndianWriter = OctetWriter<std::endian::big>;

}  // namespace ferryman
