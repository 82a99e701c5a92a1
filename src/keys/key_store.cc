#include "keys/key_store.h"

#include <fmt/format.h>

#include <algorithm>

namespace ferryman::keys {

std::optional<std::string> why_unfit(const KeyStore& store, Bytes pin) {
  if (pin.empty()) return std::nullopt;
  if (pin.size() < store.min_pin_size())
    return fmt::format("the PIN must have {} characters or more", store.min_pin_size());
  if (pin.size() > max_pin_size) return fmt::format("the PIN must have at most {} octets", max_pin_size);
  // A TPM takes a value's zeros at its end for none.
  if (std::ranges::count(pin, 0) != 0) return "the PIN must not have an octet of 0 in it";
  return std::nullopt;
}

}  // namespace ferryman::keys
