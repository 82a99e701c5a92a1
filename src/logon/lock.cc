#include "logon/lock.h"

#include <chrono>
#include <thread>

namespace ferryman::logon {
namespace {

constexpr int most_waits = 100;
constexpr std::chrono::milliseconds wait{200};

}  // namespace

login::Outcome<Descriptor> wait_for_lock(login::Accounts& accounts) {
  for (int i = 1;; ++i) {
    auto held = accounts.lock();
    if (held || held.error().fault != login::Fault::busy || i == most_waits) return held;
    std::this_thread::sleep_for(wait);
  }
}

}  // namespace ferryman::logon
