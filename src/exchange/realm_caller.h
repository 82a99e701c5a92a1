#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exchange/realm_call.h"
#include "exchange/realm_link.h"
#include "exchange/timer_queue.h"

namespace ferryman::exchange {

// Where ferryman-realm listens for ferrymand.
struct RealmAddress {
  std::string socket = "/run/ferryman-realm/front.sock";
  std::string user = "ferryman-realm";  // whose it must be; root and the own user always pass
  uid_t uid = 0;                        // of that user

  friend bool operator==(const RealmAddress&, const RealmAddress&) = default;
};

// What befell the way to ferryman-realm; told when it changes, not with each request.
struct RealmChange {
  bool answers = false;     // it does again
  std::string_view socket;  // where it was sought; like the cause good only while this is told
  std::string_view cause;   // why not
  std::size_t lost = 0;     // requests that ended by it
};

// The way to ferryman-realm of one worker: one socket with many requests, opened when it is needed
// (docs/local-protocol.md). A socket's end ends what was sent by it at once; what follows opens another one,
// after a pause that grows while none of them answers. Not thread-safe.
class RealmCaller {
 public:
  using Clock = std::chrono::steady_clock;
  using Observer = std::function<void(const RealmChange&)>;

  struct Counts {
    std::uint64_t requests = 0, connections = 0, failures = 0;  // the last: of connections
  };

  explicit RealmCaller(boost::asio::io_context& io);
  ~RealmCaller();

  // For requests that begin from now on; nothing: there is no ferryman-realm.
  void configure(std::optional<RealmAddress> address);
  void on_change(Observer observer) { observer_ = std::move(observer); }

  const Counts& counts() const { return counts_; }

 private:
  friend class RealmCall;
  friend class RealmLink;
  using LinkPtr = std::shared_ptr<RealmLink>;

  // Of calls.
  TimerQueue& timers() { return *timers_; }
  void send(const RealmCallPtr& call);

  // Of links.
  void answers(const RealmLink& link);
  void ended(const RealmLink& link, const std::string& cause, const std::vector<RealmCallPtr>& sent,
             const std::vector<RealmCallPtr>& unsent);

  RealmLink* usable_link();
  LinkPtr connect();
  void failed(const std::string& cause, std::size_t lost);

  boost::asio::io_context& io_;
  const std::shared_ptr<TimerQueue> timers_;
  std::optional<RealmAddress> address_;
  std::vector<LinkPtr> links_;  // the latest at the end; others end when they have answered
  Clock::time_point again_at_{};
  std::chrono::milliseconds pause_{};
  std::string told_;  // the cause that the observer knows; empty: all is well
  Observer observer_;
  Counts counts_;
};

}  // namespace ferryman::exchange
