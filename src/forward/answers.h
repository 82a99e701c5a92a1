#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace ferryman::forward {

using Message = std::vector<std::uint8_t>;

// One request and its answer, or the wait for it.
struct Exchange {
  explicit Exchange(boost::asio::io_context& io) : ended(io, boost::asio::steady_timer::time_point::max()) {}
  boost::asio::steady_timer ended;  // cancelled at the end
  bool finished = false;
  Message reply;  // empty: there is none
};

// Exchanges by request. A client that repeats a datagram waits for the same answer; one that comes back by
// TCP because its answer was too big for UDP gets the same answer, and the KDC is not asked a second time: a
// one-time password would be spent twice. Bounded; what has ended is kept for ten seconds.
class Answers {
 public:
  explicit Answers(boost::asio::io_context& io) : io_(io) {}

  // The exchange of that request; is_new when the caller is the one who has to bring it about. Null when
  // there are too many.
  std::shared_ptr<Exchange> of(const Message& request, bool& is_new);
  void finish(Exchange& exchange, Message reply);

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    std::shared_ptr<Exchange> exchange;
    Clock::time_point begun;
  };
  void forget_old(Clock::time_point now);

  boost::asio::io_context& io_;
  std::map<Message, Entry> entries_;
};

}  // namespace ferryman::forward
