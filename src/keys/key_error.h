#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>

namespace ferryman::keys {

// Why a key could not be made or used.
enum class KeyFault : std::uint8_t {
  wrong_pin,      // also where a key that has one was used without
  locked,         // so many wrong PINs that the TPM looks at none for a while
  unfit_pin,      // too short or too long for a new key
  not_reachable,  // there is no TPM, or this user may not use it
  foreign,        // the key was made by another TPM, or by this one before it was cleared
  damaged,        // what was kept is no key of this kind of store
  failed,         // everything else: the text says what
};

// What a TPM says of PINs. Its count is one for all keys of all users, and it goes down with time, as long as
// the computer runs: by one each time_per_try.
struct PinTries {
  std::uint32_t left = 0, allowed = 0;
  std::chrono::seconds time_per_try{0};

  bool locked() const { return left == 0; }
  // "3 of 5 tries are left", or how long the TPM is locked, in minutes: the middle of a sentence.
  std::string in_words() const;
};

struct KeyError {
  KeyFault fault;
  // A whole message for a person, with what to do; without a full stop at its end.
  std::string text;
  std::optional<PinTries> tries{};  // of wrong_pin and locked, where the store counts
};

template <typename T>
using Outcome = tl::expected<T, KeyError>;

inline tl::unexpected<KeyError> fail(KeyFault fault, std::string text,
                                     std::optional<PinTries> tries = std::nullopt) {
  return tl::unexpected(KeyError{fault, std::move(text), tries});
}

}  // namespace ferryman::keys
