#include "keys/key_error.h"

#include <fmt/format.h>

namespace ferryman::keys {
namespace {

std::string minutes(std::chrono::seconds time) {
  const auto count = std::chrono::ceil<std::chrono::minutes>(time).count();
  return count <= 1 ? "a minute" : fmt::format("{} minutes", count);
}

}  // namespace

std::string PinTries::in_words() const {
  if (!locked()) return fmt::format("{} of {} {} left", left, allowed, left == 1 ? "tries is" : "tries are");
  const std::string time = minutes(time_per_try);
  return fmt::format(
      "the TPM takes no PIN now, after {} wrong {}: it takes the next one within {}, and one more every {}",
      allowed, allowed == 1 ? "one" : "ones", time, time);
}

}  // namespace ferryman::keys
