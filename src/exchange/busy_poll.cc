#include "exchange/busy_poll.h"

#include <boost/asio/post.hpp>
#include <new>
#include <thread>

namespace ferryman::exchange {

void BusyPoll::begin(Clock::time_point now, TransportHealth::Latency p95) {
  if (p95.count() == 0 || p95 > longest) return;
  until_ = now + longest;
  if (!waiting_) turn();
}

// With something to do next, the loop looks for events without waiting for them.
void BusyPoll::turn() {
  try {
    boost::asio::post(io_, [self = shared_from_this()] {
      self->waiting_ = false;
      if (Clock::now() >= self->until_) return;
      std::this_thread::yield();  // a KDC may share this processor
      self->turn();
    });
    waiting_ = true;
  } catch (const std::bad_alloc&) {
    // The loop sleeps, then.
  }
}

}  // namespace ferryman::exchange
