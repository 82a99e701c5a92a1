#include "ferryman/realm_output.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "base/text.h"
#include "ferryman/exit_codes.h"

namespace ferryman {
namespace {

using admin::Json;
using Time = std::optional<std::int64_t>;

constexpr std::int64_t last_second = 253'402'300'799;  // of the year 9999
constexpr int minute = 60, hour = 60 * minute;

tl::unexpected<std::string> no_time(std::string_view text) {
  return tl::unexpected(
      fmt::format("\"{}\" is no time; 2027-01-31, 2027-01-31T18:00:00Z, 2027-01-31T18:00+01:00 and never "
                  "would be some",
                  printable(text)));
}

// Takes a number of just so many digits from text; -1: there is none.
int take_number(std::string_view& text, std::size_t digits) {
  int number = 0;
  if (text.size() < digits) return -1;
  const char* end = text.data() + digits;
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end || number < 0 || text.front() == '-') return -1;
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, std::tm& tm) {
  const int year = take_number(text, 4);
  if (year < 1970 || !take(text, '-')) return false;
  tm.tm_year = year - 1900;
  tm.tm_mon = take_number(text, 2) - 1;
  if (!take(text, '-')) return false;
  tm.tm_mday = take_number(text, 2);
  return tm.tm_mon >= 0 && tm.tm_mon < 12 && tm.tm_mday >= 1;
}

bool take_clock(std::string_view& text, std::tm& tm) {
  tm.tm_hour = take_number(text, 2);
  if (!take(text, ':')) return false;
  tm.tm_min = take_number(text, 2);
  if (take(text, ':')) tm.tm_sec = take_number(text, 2);
  return tm.tm_hour >= 0 && tm.tm_hour < 24 && tm.tm_min >= 0 && tm.tm_min < 60 && tm.tm_sec >= 0 &&
         tm.tm_sec < 60;
}

// "Z", "+01:00", "-0530" or nothing: seconds east of Greenwich.
std::optional<int> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return 0;
  const int sign = take(text, '-') ? -1 : 1;
  if (sign == 1 && !take(text, '+')) return std::nullopt;
  const int hours = take_number(text, 2);
  take(text, ':');
  const int minutes = take_number(text, 2);
  if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return std::nullopt;
  return sign * (hours * hour + minutes * minute);
}

std::string value_text(const Json& value) {
  if (value.is_null()) return "";
  return printable(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

std::string time_text(std::int64_t seconds) {
  if (seconds < 0 || seconds > last_second) return fmt::format("{} s after 1970", seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

tl::expected<Time, std::string> parse_time(std::string_view text) {
  if (text == "never") return Time();
  std::string_view rest = text;
  std::tm tm{};
  std::optional<int> east = 0;
  if (!take_date(rest, tm)) return no_time(text);
  const int day = tm.tm_mday;
  if (take(rest, 'T')) {
    if (!take_clock(rest, tm)) return no_time(text);
    east = take_zone(rest);
  }
  if (!east || !rest.empty()) return no_time(text);
  const std::int64_t seconds = ::timegm(&tm);
  if (tm.tm_mday != day) return no_time(text);  // the month has no such day
  return Time(seconds - *east);
}

std::string text_of(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found == object.end() ? "" : value_text(*found);
}

std::string time_of(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found == object.end() || found->is_null() ? "" : time_text(found->get<std::int64_t>());
}

std::string time_or_never(const Json& object, const char* member) {
  const std::string time = time_of(object, member);
  return time.empty() ? "never" : time;
}

bool is_set(const Json& object, const char* member) {
  return object.value(member, false);
}

std::string texts_of(const Json& object, const char* member) {
  std::string all;
  const auto found = object.find(member);
  if (found == object.end() || !found->is_array()) return all;
  for (const Json& each : *found) all += (all.empty() ? "" : ", ") + value_text(each);
  return all;
}

std::string account_state(const Json& account, std::int64_t now) {
  if (is_set(account, "disabled")) return "disabled";
  const auto time = [&account](const char* member) {
    const auto found = account.find(member);
    return found == account.end() || found->is_null() ? Time() : Time(found->get<std::int64_t>());
  };
  if (const Time expires = time("expires"); expires && *expires <= now) return "expired";
  if (const Time until = time("locked_until"); until && *until > now)
    return "locked until " + time_text(*until);
  if (account.value("kvno", 1) == 0) return "no password";
  return "enabled";
}

void warn_of_small_letters(std::string_view realm) {
  std::string capitals(realm);
  std::transform(capitals.begin(), capitals.end(), capitals.begin(), ascii_upper);
  if (realm == capitals) return;
  tell(exit_ok,
       fmt::format("warning: realms are written in capitals, {}, which clients expect; the name cannot "
                   "be changed later",
                   printable(capitals)));
}

void print_line(std::string_view label, std::string_view value) {
  fmt::print("{:<18}{}\n", label, value.empty() ? "-" : value);
}

void print_flags(const Json& object, std::initializer_list<const char*> members) {
  std::string all;
  for (const char* member : members)
    if (is_set(object, member)) all += (all.empty() ? "" : ", ") + std::string(member);
  print_line("flags", all);
}

int print_list(RealmService& service, const RealmList& list) {
  std::size_t count = 0, pages = 0;
  const bool json = service.json();
  const int code = service.call_paged(list.command, Json::object(), list.key, [&](const Json& page) {
    if (!json && pages++ == 0) fmt::print("{}\n", list.header);
    for (const Json& item : page.at(list.key)) {
      if (json && count == 0) fmt::print("{{{}: [\n", Json(list.key).dump());
      if (json) fmt::print("{}{}", count == 0 ? "" : ",\n", item.dump(-1, ' ', true));
      if (!json) fmt::print("{}\n", list.line(item));
      ++count;
    }
    std::fflush(stdout);
  });
  if (json && code == exit_ok)
    fmt::print("{}\n]}}\n", count == 0 ? fmt::format("{{{}: [", Json(list.key).dump()) : "");
  return code;
}

}  // namespace ferryman
