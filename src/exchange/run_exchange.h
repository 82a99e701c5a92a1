#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>

#include "exchange/pending_exchange.h"

namespace ferryman::exchange {

// A PendingExchange for a coroutine that waits for its outcome; see Exchanger::exchange().
boost::asio::awaitable<Outcome> run_exchange(
    std::shared_ptr<Upstream> upstream, const kerberos::Request& request, discovery::KdcList kdcs,
    std::chrono::steady_clock::time_point deadline,
    PendingExchange::Purpose purpose = PendingExchange::Purpose::user);

}  // namespace ferryman::exchange
