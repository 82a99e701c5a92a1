#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kerberos/reply.h"
#include "kerberos/request.h"
#include "locate/kdc.h"

namespace ferryman::exchange {

struct Options {
  std::chrono::milliseconds hedge_delay{1000};      // without an answer, then the next KDC is asked as well
  std::chrono::milliseconds connect_timeout{2000};  // TCP
  std::size_t max_reply = 128 * 1024;               // announced length above this: the KDC has failed
  std::size_t max_udp_request = 1400;               // larger ones go by TCP where the KDC's entry allows
  std::size_t max_udp_reply = 1400;                 // replies that were larger by TCP keep TCP in use
  std::size_t idle_connections = 16;                // kept per KDC
  std::chrono::milliseconds idle_timeout{10000};    // of a kept connection
};

enum class Status : std::uint8_t {
  answered,
  no_kdc,    // each KDC failed
  deadline,  // none failed for good, none answered in time
};

struct Outcome {
  Status status = Status::no_kdc;
  std::vector<std::uint8_t> buffer;                      // holds the reply's bytes
  kerberos::Reply reply;                                 // views into buffer; only when answered
  locate::Kdc kdc;                                       // that answered, or that was tried last
  locate::Transport transport = locate::Transport::any;  // udp or tcp that was used for it
  bool no_socket = false;                                // a KDC could not be asked for want of descriptors
  unsigned tries = 0;                                    // how often the request was written
  std::optional<Error> bad_reply;                        // what was wrong with the last answer that was none
};

// Brings one Kerberos message to one of the KDCs and its answer back. One per worker; not thread-safe.
// Remembers per KDC which replies fit UDP, kept TCP connections, and recent failures (a KDC that failed
// within the last 30 s is tried after the others).
//
// Rules (DESIGN 5): one KDC at a time; the next after a connect failure, a closed connection, an answer
// that is not one, or hedge_delay of silence when request.repeatable(). KRB_ERR_RESPONSE_TOO_BIG over UDP
// is asked again over TCP. Bytes of a request that is not repeatable are written once.
class Exchanger {
 public:
  Exchanger(boost::asio::io_context& io, const Options& options);
  ~Exchanger();

  // request's bytes must stay valid until this has returned. When the awaiting coroutine is cancelled
  // (terminal), a repeatable request is abandoned at once.
  boost::asio::awaitable<Outcome> exchange(const kerberos::Request& request, locate::KdcList kdcs,
                                           std::chrono::steady_clock::time_point deadline);

  void set_options(const Options& options);  // for exchanges that begin from now on

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferryman::exchange
