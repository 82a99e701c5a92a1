#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace ferryman::signin {

// Nonces that a client has to put into what it signs, so that a signature is known to be fresh. Nothing is
// kept of one: it carries the time until when it is taken, and random octets, under a MAC (HMAC-SHA-256, cut
// to 128 bits), by a key that lives as long as this object. Whoever wants one used once only has to remember
// it until that time.
//
// Thread-safe: nothing changes after construction.
class Nonces {
 public:
  using Time = std::chrono::system_clock::time_point;

  Nonces();   // throws std::runtime_error when there is no randomness
  ~Nonces();  // wipes the key
  Nonces(const Nonces&) = delete;
  Nonces& operator=(const Nonces&) = delete;

  // 56 letters, digits, "-" and "_". Empty when OpenSSL fails.
  std::string make(Time now, std::chrono::milliseconds lifetime) const;

  // Whether make() gave it, and its time is not over.
  bool verify(std::string_view nonce, Time now) const;

 private:
  std::array<std::uint8_t, 32> key_{};
};

}  // namespace ferryman::signin
