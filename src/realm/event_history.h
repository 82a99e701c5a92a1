#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace ferryman::realm {

// The last events, for who asks what has happened. Requests, which strangers make, push out none of what
// administrators did. Any thread may use it.
class EventHistory {
 public:
  static constexpr std::size_t capacity = 4096;               // of each
  static constexpr std::size_t max_page_octets = 512 * 1024;  // about; a page ends before

  struct Page {
    std::vector<nlohmann::json> events;  // oldest first
    std::uint64_t next = 0;              // what to go on behind
  };

  // Of administration. event: an object. It gets `sequence`, which rises from 1 by one, and `time`, seconds
  // since 1970, unless it has one.
  void add(const nlohmann::json& event);
  // The same of a request, of which there are many: the text of an object in JSON.
  void add_request(std::string event) { add(std::move(event), now(), requests_); }

  // Those behind that sequence number, at most so many. One that was never given is from before a restart,
  // and stands for the beginning.
  Page after(std::uint64_t sequence, std::size_t limit) const;

 private:
  // Read when it is asked for.
  struct Event {
    std::uint64_t sequence;
    std::int64_t time;
    std::string text;
  };
  using Ring = std::deque<Event>;  // by sequence
  void add(std::string text, std::int64_t time, Ring& ring);
  static std::int64_t now();

  mutable std::mutex mutex_;
  Ring changes_, requests_;
  std::uint64_t newest_ = 0;
};

}  // namespace ferryman::realm
