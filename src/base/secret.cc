#include "base/secret.h"

#include <cstring>

namespace ferryman {

void wipe(std::span<std::uint8_t> octets) noexcept {
  if (!octets.empty()) ::explicit_bzero(octets.data(), octets.size());
}

bool equal_in_constant_time(Bytes a, Bytes b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(a[i] ^ b[i]);
    asm volatile("" : "+r"(difference));  // or the compiler might end the loop at the first difference
  }
  return difference == 0;
}

}  // namespace ferryman
