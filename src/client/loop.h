#pragma once

#include <systemd/sd-event.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace ferryman::client {

using Clock = std::chrono::steady_clock;

// sd-event, seen as what the client needs of it. All of it is one descriptor, so that any other event loop
// can carry it. Not thread-safe. Nothing here throws but the constructors, and those for want of descriptors
// or memory only (std::system_error).
class Loop {
 public:
  // Ends what it stands for when it is destroyed.
  struct Unref {
    void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
  };
  using Source = std::unique_ptr<sd_event_source, Unref>;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Readable when process() has something to do.
  int descriptor() const;

  // Does all that is due, without waiting.
  void process();

  // Waits for something to do at most until then, and does it.
  void run_once(Clock::time_point until);

  // Calls on_ready(EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR bits) whenever the descriptor is ready for one of
  // events. The descriptor stays the caller's.
  Source watch(int descriptor, std::uint32_t events, std::function<void(std::uint32_t)> on_ready);

  // Calls on_time once at that time. It never does so from within this call.
  Source at(Clock::time_point time, std::function<void()> on_time);

 private:
  void wake();

  sd_event* event_ = nullptr;
  int wake_descriptor_ = -1;
  Source wake_source_;
  bool processing_ = false;
};

}  // namespace ferryman::client
