#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ferryman::kerberos {

// KerberosTime (RFC 4120 5.2.3), "19850102030405Z" for 1985-01-02 03:04:05 UTC, as whole seconds since 1970
// in 64 bits, from the year 1 to the end of 9999.
inline constexpr std::int64_t first_time = -62'135'596'800, last_time = 253'402'300'799;

using TimeText = std::array<char, 15>;

// Nothing for what is no time of the calendar: the 30th of February, the hour 24, a leap second, the year 0.
std::optional<std::int64_t> parse_time(std::string_view text);

// seconds from first_time to last_time; nothing for others.
std::optional<TimeText> format_time(std::int64_t seconds);

// A time and the microseconds behind it, as PA-ENC-TS-ENC, authenticators and errors have them.
inline constexpr std::int32_t max_microseconds = 999'999;

}  // namespace ferryman::kerberos
