#include "kerberos/time.h"

#include <algorithm>
#include <chrono>

namespace ferryman::kerberos {
namespace {

constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;

// Where each number stands in the text.
struct Place {
  std::size_t at, size;
};
constexpr Place year_place{0, 4}, month_place{4, 2}, day_place{6, 2}, hour_place{8, 2}, minute_place{10, 2},
    second_place{12, 2};

unsigned number(std::string_view text, Place place) {
  unsigned value = 0;
  for (const char c : text.substr(place.at, place.size)) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

void put(TimeText& text, Place place, std::int64_t value) {
  for (std::size_t at = place.at + place.size; at > place.at; value /= 10) {
    text[--at] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != TimeText{}.size() || text.back() != 'Z' ||
      !std::all_of(text.begin(), text.end() - 1, is_digit)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(number(text, year_place))),
                                         std::chrono::month(number(text, month_place)),
                                         std::chrono::day(number(text, day_place)));
  const unsigned hours = number(text, hour_place), minutes = number(text, minute_place),
                 seconds = number(text, second_place);
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t time = days * day + hours * hour + minutes * minute + seconds;
  return time < first_time ? std::nullopt : std::optional(time);
}

std::optional<TimeText> format_time(std::int64_t seconds) {
  if (seconds < first_time || seconds > last_time) return std::nullopt;
  const auto whole_day = std::chrono::floor<std::chrono::days>(std::chrono::seconds(seconds));
  const std::chrono::year_month_day date{std::chrono::sys_days(whole_day)};
  const std::int64_t in_day = (std::chrono::seconds(seconds) - whole_day).count();
  TimeText text;
  put(text, year_place, static_cast<int>(date.year()));
  put(text, month_place, static_cast<unsigned>(date.month()));
  put(text, day_place, static_cast<unsigned>(date.day()));
  put(text, hour_place, in_day / hour);
  put(text, minute_place, in_day % hour / minute);
  put(text, second_place, in_day % minute);
  text.back() = 'Z';
  return text;
}

}  // namespace ferryman::kerberos
