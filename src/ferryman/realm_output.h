#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "admin/message.h"
#include "ferryman/realm_service.h"

// What `ferryman realm` prints for people, and how it writes times: ISO 8601, in UTC.
namespace ferryman {

// "2026-11-29T12:00:00Z".
std::string time_text(std::int64_t seconds);
// A date (its beginning), or a date and a time, of UTC where no zone stands behind it; nothing: "never". The
// error says what would be a time.
tl::expected<std::optional<std::int64_t>, std::string> parse_time(std::string_view text);

// A time that may never be.
std::string time_or_never(const admin::Json& object, const char* member);

// A member as it may stand on a terminal; empty where there is none, or null.
std::string text_of(const admin::Json& object, const char* member);
std::string time_of(const admin::Json& object, const char* member);
bool is_set(const admin::Json& object, const char* member);
// A list's texts, with ", " between.
std::string texts_of(const admin::Json& object, const char* member);

// "enabled", or why it cannot log on.
std::string account_state(const admin::Json& account, std::int64_t now);

// Where it is not in capitals: it cannot be changed later.
void warn_of_small_letters(std::string_view realm);

// A line of what is known of an object; "-": no value.
void print_line(std::string_view label, std::string_view value);
// The names of those members that are true.
void print_flags(const admin::Json& object, std::initializer_list<const char*> members);

// A list of the service's, printed page by page as it comes.
struct RealmList {
  std::string command;  // "user.list"
  std::string key;      // "users"
  std::string header;
  std::function<std::string(const admin::Json& item)> line;
};
int print_list(RealmService& service, const RealmList& list);

}  // namespace ferryman
