#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "discovery/kdc.h"
#include "exchange/kdc_report.h"
#include "exchange/options.h"
#include "exchange/outcome.h"
#include "kerberos/request.h"

namespace ferryman::exchange {

class PendingExchange;

// Brings one Kerberos message to one of the KDCs and its answer back. One per worker; not thread-safe.
// Remembers per KDC which replies fit UDP, kept TCP connections, and its health (transport_health.h): of
// those of one rank slow ones come later, and those that failed come after all others until a health
// check has shown that they answer again.
//
// Rules (DESIGN 5): one KDC at a time; the next after a connect failure, a closed connection, an answer
// that is not one, or silence for longer than that KDC's p95 (at most hedge_delay) when
// request.repeatable(), of which requests are at most 5 % asked twice. KRB_ERR_RESPONSE_TOO_BIG over UDP is
// asked again over TCP. Bytes of a request that is not repeatable are written once.
class Exchanger {
 public:
  Exchanger(boost::asio::io_context& io, const Options& options);
  ~Exchanger();

  // An exchange to be begun (pending.h). request's bytes and realm must stay valid until handler has been
  // told of the end. realm: whose KDCs those are. They issue its tickets also where the request calls it by
  // another name.
  boost::intrusive_ptr<PendingExchange> prepare(const kerberos::Request& request, discovery::KdcList kdcs,
                                                std::chrono::steady_clock::time_point deadline,
                                                OutcomeHandlerPtr handler, std::string_view realm = {});

  // The same for a coroutine; the outcome's buffer holds the reply. request's bytes must stay valid until
  // this has returned. When the awaiting coroutine is cancelled (terminal), a repeatable request is abandoned
  // at once.
  boost::asio::awaitable<Outcome> exchange(const kerberos::Request& request, discovery::KdcList kdcs,
                                           std::chrono::steady_clock::time_point deadline);

  void set_options(const Options& options);  // for exchanges that begin from now on
  void on_change(HealthObserver observer);

  // Closes UDP sockets that are kept for later: descriptors have run out.
  void release_sockets();

  std::vector<KdcReport> report() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferryman::exchange
