#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "base/bytes.h"

namespace ferryman {

// Overwrites memory in a way that no compiler leaves out.
void wipe(std::span<std::uint8_t> octets) noexcept;

// Whether both are the same octets, in a time that depends on nothing but their sizes. Those may be public:
// of different ones it is false at once.
[[nodiscard]] bool equal_in_constant_time(Bytes a, Bytes b) noexcept;

// Octets that are wiped when they go: keys, passwords, what was decrypted. Their memory is never moved by
// growing, so no copy is left behind. As safe between threads as an array.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size) : octets_(size == 0 ? nullptr : new std::uint8_t[size]()), size_(size) {}
  explicit Secret(Bytes octets) : Secret(octets.size()) {
    std::copy(octets.begin(), octets.end(), octets_.get());
  }
  ~Secret() { wipe(writable()); }

  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : octets_(std::move(other.octets_)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    std::swap(octets_, other.octets_);
    std::swap(size_, other.size_);
    other.shrink(0);
    return *this;
  }

  [[nodiscard]] Secret copy() const { return Secret(bytes()); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Bytes bytes() const { return {octets_.get(), size_}; }
  std::span<std::uint8_t> writable() { return {octets_.get(), size_}; }

  // Keeps the first octets and wipes the others. size: at most size().
  void shrink(std::size_t size) {
    wipe(writable().subspan(size));
    size_ = size;
  }

 private:
  std::unique_ptr<std::uint8_t[]> octets_;
  std::size_t size_ = 0;
};

// The same of a size that is known, without an allocation; copies are meant.
template <std::size_t N>
struct SecretArray : std::array<std::uint8_t, N> {
  SecretArray() : std::array<std::uint8_t, N>{} {}
  SecretArray(const SecretArray&) = default;
  SecretArray& operator=(const SecretArray&) = default;
  ~SecretArray() { wipe(*this); }
};

}  // namespace ferryman
