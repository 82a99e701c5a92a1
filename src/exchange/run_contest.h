#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>

#include "exchange/contest.h"

namespace ferryman::exchange {

// A Contest for a coroutine that waits for its outcome; see Exchanger::exchange().
boost::asio::awaitable<Outcome> run_contest(std::shared_ptr<Upstream> upstream,
                                            const kerberos::Request& request, locate::KdcList kdcs,
                                            std::chrono::steady_clock::time_point deadline,
                                            Contest::Purpose purpose = Contest::Purpose::user);

}  // namespace ferryman::exchange
