#include "client/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace ferryman::client {
namespace {

void check(int result, const char* what) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

using OnReady = std::function<void(std::uint32_t)>;
using OnTime = std::function<void()>;

// The source may be destroyed by the function that it calls: that one must outlive the call.
int on_io(sd_event_source*, int, std::uint32_t events, void* data) {
  const auto function = *static_cast<std::shared_ptr<OnReady>*>(data);
  (*function)(events);
  return 0;
}

int on_timer(sd_event_source*, std::uint64_t, void* data) {
  const auto function = *static_cast<std::shared_ptr<OnTime>*>(data);
  (*function)();
  return 0;
}

template <typename Function>
void own(sd_event_source* source, std::shared_ptr<Function>* function) {
  sd_event_source_set_destroy_callback(
      source, [](void* data) { delete static_cast<std::shared_ptr<Function>*>(data); });
  sd_event_source_set_userdata(source, function);
}

std::uint64_t microseconds(Clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0));
}

}  // namespace

Loop::Loop() {
  check(sd_event_new(&event_), "sd_event_new");
  wake_descriptor_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_descriptor_ < 0) {
    const int error = errno;
    sd_event_unref(event_);
    throw std::system_error(error, std::generic_category(), "eventfd");
  }
  wake_source_ = watch(wake_descriptor_, EPOLLIN, [this](std::uint32_t) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto octets = ::read(wake_descriptor_, &count, sizeof(count));
  });
}

Loop::~Loop() {
  wake_source_.reset();
  if (wake_descriptor_ >= 0) ::close(wake_descriptor_);
  sd_event_unref(event_);
}

int Loop::descriptor() const {
  return sd_event_get_fd(event_);
}

// A timer's descriptor is armed by sd_event_prepare() only: whoever waits for descriptor() must get there.
void Loop::wake() {
  if (processing_) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto octets = ::write(wake_descriptor_, &one, sizeof(one));
}

void Loop::process() {
  processing_ = true;
  while (sd_event_run(event_, 0) > 0) {
  }
  processing_ = false;
}

void Loop::run_once(Clock::time_point until) {
  const auto now = microseconds(Clock::now()), end = microseconds(until);
  processing_ = true;
  sd_event_run(event_, end > now ? end - now : 0);
  processing_ = false;
}

Loop::Source Loop::watch(int descriptor, std::uint32_t events, OnReady on_ready) {
  sd_event_source* source = nullptr;
  check(sd_event_add_io(event_, &source, descriptor, events, on_io, nullptr), "sd_event_add_io");
  own(source, new std::shared_ptr<OnReady>(std::make_shared<OnReady>(std::move(on_ready))));
  return Source(source);
}

Loop::Source Loop::at(Clock::time_point time, OnTime on_time) {
  constexpr std::uint64_t accuracy = 1000;
  sd_event_source* source = nullptr;
  check(sd_event_add_time(event_, &source, CLOCK_MONOTONIC, microseconds(time), accuracy, on_timer, nullptr),
        "sd_event_add_time");
  own(source, new std::shared_ptr<OnTime>(std::make_shared<OnTime>(std::move(on_time))));
  wake();
  return Source(source);
}

}  // namespace ferryman::client
