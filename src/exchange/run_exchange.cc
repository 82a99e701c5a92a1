#include "exchange/run_exchange.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

namespace ferryman::exchange {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// Keeps the outcome, and wakes who waits for it.
class Waiter final : public OutcomeHandler {
 public:
  explicit Waiter(asio::io_context& io) : ended(io, Clock::time_point::max()) {}

  void on_outcome(Outcome& told) override {
    outcome = std::move(told);
    if (outcome->status == Status::answered) keep_reply();
    ended.cancel();
  }

  asio::steady_timer ended;
  std::optional<Outcome> outcome;

 private:
  void keep_reply() {
    kerberos::Reply& reply = outcome->reply;
    std::vector<std::uint8_t> octets(reply.bytes.begin(), reply.bytes.end());
    if (!reply.realm.empty()) {
      const auto offset = as_bytes(reply.realm).data() - reply.bytes.data();
      reply.realm = as_text(Bytes(octets).subspan(static_cast<std::size_t>(offset), reply.realm.size()));
    }
    reply.bytes = octets;
    outcome->buffer = std::move(octets);
  }
};

}  // namespace

asio::awaitable<Outcome> run_exchange(std::shared_ptr<Upstream> upstream, const kerberos::Request& request,
                                      discovery::KdcList kdcs, Clock::time_point deadline,
                                      PendingExchange::Purpose purpose) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const boost::intrusive_ptr<Waiter> waiter(new Waiter(upstream->io));
  const boost::intrusive_ptr<PendingExchange> pending(
      new PendingExchange(std::move(upstream), request, std::move(kdcs), deadline, waiter, purpose));
  pending->begin(Clock::now());
  while (!waiter->outcome) {
    boost::system::error_code ignored;
    co_await waiter->ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) pending->abandon();
  }
  co_return std::move(*waiter->outcome);
}

}  // namespace ferryman::exchange
