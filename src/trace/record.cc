#include "trace/record.h"

#include <utility>

#include "base/base64.h"

namespace ferryman::trace {
namespace {

using json::Json;

constexpr std::size_t max_depth = 4;
constexpr std::int64_t latest = 253'402'300'799'000'000;  // the end of the year 9999

// Empty where there is none; nothing: it is no base64.
std::optional<Octets> octets_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return Octets();
  const std::string* const text = json::text_member(object, name);
  return text != nullptr ? octets_of_base64(*text) : std::nullopt;
}

const Json* number_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? &*found : nullptr;
}

}  // namespace

std::string_view Record::text(const char* name) const {
  const std::string* const found = json::text_member(event, name);
  return found != nullptr ? std::string_view(*found) : std::string_view();
}

std::int64_t Record::number(const char* name) const {
  const Json* const found = number_member(event, name);
  return found != nullptr ? found->get<std::int64_t>() : 0;
}

std::optional<std::variant<Record, Lost>> read_line(std::string_view line) {
  auto object = json::parse_object(line, max_depth);
  if (!object) return std::nullopt;
  if (const Json* lost = number_member(*object, "lost")) return Lost{lost->get<std::uint64_t>()};
  const Json* const time = number_member(*object, "time");
  if (time == nullptr || json::member(*object, "event", Json::value_t::object) == nullptr)
    return std::nullopt;
  Record record;
  record.time = std::chrono::microseconds(time->get<std::int64_t>());
  if (record.time.count() < 0 || record.time.count() > latest) return std::nullopt;
  auto request = octets_of(*object, "request"), reply = octets_of(*object, "reply"),
       kdc_reply = octets_of(*object, "kdc_reply");
  if (!request || !reply || !kdc_reply) return std::nullopt;
  record.event = std::move((*object)["event"]);
  record.request = std::move(*request);
  record.reply = std::move(*reply);
  record.kdc_reply = std::move(*kdc_reply);
  return record;
}

}  // namespace ferryman::trace
