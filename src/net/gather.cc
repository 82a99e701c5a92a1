#include "net/gather.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

namespace ferryman::net {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

struct Gather::State {
  explicit State(asio::any_io_executor e) : executor(std::move(e)), ended(executor) {}
  asio::any_io_executor executor;
  asio::steady_timer ended;
  std::size_t running = 0;
};

Gather::Gather(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

void Gather::add(asio::awaitable<void> task) {
  ++state_->running;
  auto ended = [state = state_](const std::exception_ptr&) {
    --state->running;
    state->ended.cancel();
  };
  asio::co_spawn(state_->executor, std::move(task), std::move(ended));
}

std::size_t Gather::running() const {
  return state_->running;
}

asio::awaitable<void> Gather::wait_for_one(Clock::time_point deadline) {
  if (state_->running == 0) co_return;
  state_->ended.expires_at(deadline);
  boost::system::error_code ignored;
  co_await state_->ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> Gather::wait_for_all(Clock::time_point deadline) {
  while (state_->running > 0 && Clock::now() < deadline) co_await wait_for_one(deadline);
}

}  // namespace ferryman::net
