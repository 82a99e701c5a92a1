#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ferryman::signin {

// Nonces that a client has to put into what it signs, so that a signature is known to be fresh. Nothing is
// kept of one: it carries the time until when it is taken, and random octets, under a MAC (HMAC-SHA-256, cut
// to 128 bits) that is made of the tenant that asked for it as well, by a key that lives as long as this
// object. Whoever wants one used once only has to remember it until that time.
//
// Thread-safe: nothing changes after construction.
class Nonces {
 public:
  using Time = std::chrono::system_clock::time_point;
  static constexpr std::size_t key_size = 32;

  // One that serves every tenant is asked for in this name.
  static constexpr std::string_view every_tenant = "common";

  // key: key_size octets, which all machines of a realm have.
  explicit Nonces(Bytes key);
  ~Nonces();  // wipes the key
  Nonces(const Nonces&) = delete;
  Nonces& operator=(const Nonces&) = delete;

  // 56 letters, digits, "-" and "_". Empty when OpenSSL fails. tenant: as verify() will name it, or
  // every_tenant.
  std::string make(std::string_view tenant, Time now, std::chrono::milliseconds lifetime) const;

  // Whether make() gave it, to that tenant or to every one, and its time is not over.
  bool verify(std::string_view nonce, std::string_view tenant, Time now) const;

 private:
  std::array<std::uint8_t, key_size> key_{};
};

}  // namespace ferryman::signin
