#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

#include "exchange/exchanger.h"
#include "exchange/upstream.h"

namespace ferryman::exchange {

// One exchange while it is under way: the request, and what its attempts have come to. Its attempts hold it.
struct Race {
  Race(Upstream& shared, const kerberos::Request& wanted)
      : upstream(shared), options(shared.options), request(wanted), wake(shared.io) {}

  Upstream& upstream;
  const Options options;
  const kerberos::Request& request;
  boost::asio::steady_timer wake;  // cancelled whenever an attempt has ended

  Outcome outcome;
  bool answered = false;
  bool written = false;  // octets of the request have gone out
  std::chrono::steady_clock::time_point answered_attempt_begun{};

  // Takes message as the answer if it is one: a reply that fits the request, other than KRB-ERRORs that ask
  // for another KDC or transport. message lies in buffer, which is moved away on success.
  enum class Verdict : std::uint8_t { accepted, too_big, unavailable, nonsense };
  Verdict judge(Bytes message);
  void accept(std::vector<std::uint8_t> buffer, std::size_t offset, const locate::Kdc& kdc,
              locate::Transport transport);
};

// How an attempt ended without an answer, for what to try next.
// no_socket: for want of descriptors here, so no word about the KDC.
enum class AttemptEnd : std::uint8_t { answered, no_socket, connect_failed, failed, too_big, cancelled };

boost::asio::awaitable<AttemptEnd> ask_udp(Race& race, locate::Kdc kdc);
boost::asio::awaitable<AttemptEnd> ask_tcp(Race& race, locate::Kdc kdc);

}  // namespace ferryman::exchange
