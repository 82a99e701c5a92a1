#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace ferryman {

// SipHash-2-4 (Aumasson and Bernstein, 2012): a hash of 64 bits that who does not know the key can neither
// foresee nor make collide; for tables whose keys strangers choose. Small, on the stack, for one text:
//
//   const std::uint64_t hash = SipHash(key).part(as_bytes(realm)).part(name).finish();
class SipHash {
 public:
  struct Key {
    std::uint64_t low = 0, high = 0;
    static Key random();
  };
  explicit SipHash(const Key& key);

  SipHash& octets(Bytes text);
  SipHash& number(std::uint64_t value);  // eight octets, the lowest first
  // With its length in front, so that no other parts make the same text.
  SipHash& part(Bytes text) { return number(text.size()).octets(text); }
  std::uint64_t finish() const;

 private:
  void round();
  void word(std::uint64_t value);

  std::uint64_t v0_, v1_, v2_, v3_;
  std::uint64_t pending_ = 0;  // octets that make no word yet
  std::uint64_t size_ = 0;
};

}  // namespace ferryman
