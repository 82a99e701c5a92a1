#include "jose/claims.h"

#include <cmath>
#include <optional>

namespace ferryman::jose {
namespace {

using json::Json;

// Beyond, sums with a skew might not be numbers any more: the year 33,658.
constexpr double max_time = 1e12;

struct Time {
  bool is_wrong = false;
  std::optional<std::int64_t> seconds{};  // none: it is not there
};

// A NumericDate (RFC 7519 2), which may have a fraction.
Time time_claim(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end()) return {};
  if (!found->is_number()) return {true};
  const double seconds = found->get<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > max_time) return {true};
  return {false, static_cast<std::int64_t>(seconds)};
}

}  // namespace

Outcome<void> check_times(const Json& claims, std::int64_t now, const TimeRules& rules) {
  const Time issued = time_claim(claims, "iat"), begins = time_claim(claims, "nbf"),
             ends = time_claim(claims, "exp");
  if (issued.is_wrong || begins.is_wrong || ends.is_wrong) return tl::unexpected(Fault::claim);
  if (rules.needs_times && (!issued.seconds || !ends.seconds)) return tl::unexpected(Fault::claim);
  if (issued.seconds && ends.seconds && *ends.seconds <= *issued.seconds) return tl::unexpected(Fault::claim);
  const std::int64_t skew = rules.skew.count();
  if (ends.seconds && now >= *ends.seconds + skew) return tl::unexpected(Fault::expired);
  if (begins.seconds && now < *begins.seconds - skew) return tl::unexpected(Fault::not_yet_valid);
  if (issued.seconds && now < *issued.seconds - skew) return tl::unexpected(Fault::not_yet_valid);
  if (issued.seconds && now > *issued.seconds + rules.max_age.count() + skew)
    return tl::unexpected(Fault::too_old);
  return {};
}

}  // namespace ferryman::jose
