#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

namespace ferryman::net {

// Tasks that run side by side on one event loop. They may outlive the Gather, so each holds what it touches.
class Gather {
 public:
  explicit Gather(boost::asio::any_io_executor executor);

  void add(boost::asio::awaitable<void> task);
  std::size_t running() const;

  // Until another task has ended, none is left, or the deadline.
  boost::asio::awaitable<void> wait_for_one(std::chrono::steady_clock::time_point deadline);
  boost::asio::awaitable<void> wait_for_all(std::chrono::steady_clock::time_point deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ferryman::net
