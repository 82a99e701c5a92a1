#pragma once

#include <krb5/krb5.h>

#include <charconv>
#include <random>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/key.h"

// What the tests of this folder share: hexadecimal, random inputs, and libkrb5's views of ours.
namespace ferryman::crypto {

inline Octets from_hex(std::string_view text) {
  Octets octets;
  for (; text.size() >= 2; text.remove_prefix(2)) {
    octets.push_back(0);
    std::from_chars(text.data(), text.data() + 2, octets.back(), 16);
  }
  return octets;
}

inline std::string to_hex(Bytes octets) {
  std::string text;
  for (const std::uint8_t octet : octets) {
    text += "0123456789abcdef"[octet >> 4];
    text += "0123456789abcdef"[octet & 15];
  }
  return text;
}

// The same inputs in every run.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t end) { return engine_() % end; }
  Octets octets(std::size_t size) {
    Octets octets(size);
    for (auto& octet : octets) octet = static_cast<std::uint8_t>(engine_());
    return octets;
  }
  // Most as in messages, some not.
  std::int32_t usage() {
    return static_cast<std::int32_t>(below(10) == 0 ? engine_() & 0x7fffffff : 1 + below(70));
  }

 private:
  std::mt19937 engine_;
};

inline krb5_data data_of(Bytes bytes) {
  krb5_data data{};
  data.length = static_cast<unsigned>(bytes.size());
  data.data = const_cast<char*>(as_text(bytes).data());
  return data;
}

inline krb5_keyblock keyblock_of(const Key& key) {
  krb5_keyblock block{};
  block.enctype = key.etype();
  block.length = static_cast<unsigned>(key.octets().size());
  block.contents = const_cast<krb5_octet*>(key.octets().data());
  return block;
}

inline constexpr std::int32_t tested_etypes[] = {17, 18, 19, 20, 23, 16, 25, 26};

}  // namespace ferryman::crypto
