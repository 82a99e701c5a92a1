#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ad/sync_keys_plan.h"

// Keys as tests make them up.
namespace ferryman::ad {

inline constexpr std::uint64_t test_use = 133'500'000'000'000'000;

inline pki::KeyCredential made_up_key(std::uint8_t octet, std::optional<std::uint64_t> last_use = {}) {
  pki::KeyCredential key;
  key.material = {octet, 1, 2, 3};
  key.device = guid_of_text("00112233-4455-6677-8899-aabbccddeeff");
  key.created = 133'400'000'000'000'000;
  key.last_logon = last_use;
  return key;
}

}  // namespace ferryman::ad
