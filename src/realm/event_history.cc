#include "realm/event_history.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ferryman::realm {

namespace {

using nlohmann::json;

template <typename Ring>
auto first_behind(const Ring& ring, std::uint64_t sequence) {
  return std::partition_point(ring.begin(), ring.end(),
                              [sequence](const auto& event) { return event.sequence <= sequence; });
}

}  // namespace

std::int64_t EventHistory::now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

void EventHistory::add(const json& event) {
  add(event.dump(-1, ' ', true, json::error_handler_t::replace), event.value("time", now()), changes_);
}

void EventHistory::add(std::string text, std::int64_t time, Ring& ring) {
  const std::scoped_lock lock(mutex_);
  ring.push_back({++newest_, time, std::move(text)});
  if (ring.size() > capacity) ring.pop_front();
}

EventHistory::Page EventHistory::after(std::uint64_t sequence, std::size_t limit) const {
  const std::scoped_lock lock(mutex_);
  if (sequence > newest_) sequence = 0;
  auto change = first_behind(changes_, sequence), request = first_behind(requests_, sequence);
  Page page{{}, sequence};
  for (std::size_t octets = 0; page.events.size() < limit;) {
    const bool has_change = change != changes_.end(), has_request = request != requests_.end();
    if (!has_change && !has_request) break;
    const bool is_change = has_change && (!has_request || change->sequence < request->sequence);
    const Event& event = is_change ? *change : *request;
    octets += event.text.size();
    if (octets > max_page_octets && !page.events.empty()) break;
    page.events.push_back(json::parse(event.text));
    page.events.back()["sequence"] = page.next = event.sequence;
    page.events.back()["time"] = event.time;
    is_change ? ++change : ++request;
  }
  return page;
}

}  // namespace ferryman::realm
