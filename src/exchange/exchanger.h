#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "exchange/kdc_health.h"
#include "exchange/kdc_memory.h"
#include "kerberos/reply.h"
#include "kerberos/request.h"
#include "locate/kdc.h"

namespace ferryman::exchange {

struct Options {
  // The longest silence before the next KDC is asked as well; less once the KDC's own p95 is known.
  std::chrono::milliseconds hedge_delay{1000};
  std::chrono::milliseconds connect_timeout{2000};  // TCP
  std::size_t max_reply = 128 * 1024;               // announced length above this: the KDC has failed
  std::size_t max_udp_request = 1400;               // larger ones go by TCP where the KDC's entry allows
  std::size_t max_udp_reply = 1400;                 // replies that were larger by TCP keep TCP in use
  std::size_t idle_connections = 64;                // kept per KDC
  std::chrono::milliseconds idle_timeout{10000};    // of a kept connection
};

enum class Status : std::uint8_t {
  answered,
  no_kdc,    // each KDC failed
  deadline,  // none failed for good, none answered in time
};

struct Outcome {
  Status status = Status::no_kdc;
  kerberos::Reply reply;                                 // only when answered
  std::vector<std::uint8_t> buffer;                      // may hold the reply's octets
  locate::KdcList kdcs;                                  // that could be asked
  const locate::Kdc* kdc = nullptr;                      // of them: that answered, or that was tried last
  locate::Transport transport = locate::Transport::any;  // udp or tcp that was used for it
  bool no_socket = false;                                // a KDC could not be asked for want of descriptors
  std::chrono::steady_clock::time_point ended{};
  unsigned tries = 0;              // how often the request was written
  bool hedged = false;             // a KDC was asked while another was still silent
  std::optional<Error> bad_reply;  // what was wrong with the last answer that was none
};

// How one KDC has done so far.
struct KdcReport {
  boost::asio::ip::address address;
  std::uint16_t port = 0;
  KdcHealth::State state = KdcHealth::State::serving;
  KdcHealth::Latency average{0}, p95{0};  // 0: not known
  unsigned failures_in_a_row = 0;
  KdcCounts counts;
};

// Told of the end of an exchange that it has asked for.
class Asker : public boost::intrusive_ref_counter<Asker, boost::thread_unsafe_counter> {
 public:
  virtual ~Asker() = default;
  // The reply's octets are valid until this returns.
  virtual void on_outcome(Outcome& outcome) = 0;
};
using AskerPtr = boost::intrusive_ptr<Asker>;

class Contest;

// Told when a KDC is set aside, and when it serves again.
using HealthObserver = std::function<void(const locate::Kdc& kdc, bool serves)>;

// Brings one Kerberos message to one of the KDCs and its answer back. One per worker; not thread-safe.
// Remembers per KDC which replies fit UDP, kept TCP connections, and its health (kdc_health.h): of those of
// one rank slow ones come later, and those that failed come after all others until a probe has shown that
// they answer again.
//
// Rules (DESIGN 5): one KDC at a time; the next after a connect failure, a closed connection, an answer
// that is not one, or silence for longer than that KDC's p95 (at most hedge_delay) when
// request.repeatable(), of which requests are at most 5 % asked twice. KRB_ERR_RESPONSE_TOO_BIG over UDP is
// asked again over TCP. Bytes of a request that is not repeatable are written once.
class Exchanger {
 public:
  Exchanger(boost::asio::io_context& io, const Options& options);
  ~Exchanger();

  // An exchange to be begun (contest.h). request's bytes must stay valid until asker has been told of the
  // end.
  boost::intrusive_ptr<Contest> prepare(const kerberos::Request& request, locate::KdcList kdcs,
                                        std::chrono::steady_clock::time_point deadline, AskerPtr asker);

  // The same for a coroutine; the outcome's buffer holds the reply. request's bytes must stay valid until
  // this has returned. When the awaiting coroutine is cancelled (terminal), a repeatable request is abandoned
  // at once.
  boost::asio::awaitable<Outcome> exchange(const kerberos::Request& request, locate::KdcList kdcs,
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
