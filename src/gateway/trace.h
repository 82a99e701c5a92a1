#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "gateway/event.h"
#include "net/network.h"

namespace ferryman::gateway {

// Which requests somebody wants to see; what is empty holds for all.
struct TraceFilter {
  std::string realm;                   // of the message, or the target-domain; without case
  std::string user;                    // the cname's first part; without case
  std::string result;                  // see has_result()
  std::optional<net::Network> client;  // of its address

  bool passes(const RequestEvent& event) const;
};

// Whether that is how the request ended: the code of a KRB-ERROR, its name with or without what all begin
// with
// ("KDC_ERR_PREAUTH_REQUIRED", "PREAUTH_REQUIRED", "25"), the kind of a reply ("AS-REP"), that of the event
// ("refused") or its reason ("unarmored_password"). Without case.
bool has_result(const RequestEvent& event, std::string_view wanted);

// What a trace has beside the event. Views: gone when the call returns.
struct TraceDetail {
  Bytes request, reply;              // Kerberos messages as the client sent and got them; may be empty
  Bytes kdc_reply;                   // where the KDC's was another
  std::string_view kdc_name;         // as configured, or as DNS has it
  std::string_view sign_in;          // what was signed in for: "nonce", "PRT-and-TGT"
  std::string_view server;           // address:port that the client is connected to; empty: not known
  std::chrono::microseconds took{};  // since the request has come
};

// One who watches. Lines wait here until they are taken; beyond max_octets they are lost, and counted: who
// reads slowly loses records and holds nobody up. push() and lose() for any thread.
class Tracer {
 public:
  static constexpr std::size_t max_octets = 4 << 20;

  // wake is called, on the pushing thread, when there is something to take again.
  Tracer(TraceFilter filter, bool packets, std::function<void()> wake)
      : filter_(std::move(filter)), packets_(packets), wake_(std::move(wake)) {}

  const TraceFilter& filter() const { return filter_; }
  bool packets() const { return packets_; }  // whether it wants the messages, too

  // False, and the record counts as lost, where there is no room: it need not be made then.
  bool has_room();
  void push(std::string_view line);
  void lose();

  // Puts what waits in the place of `lines`, whose memory is used again. How many were lost behind them.
  std::uint64_t take(std::string& lines);

 private:
  const TraceFilter filter_;
  const bool packets_;
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::string waiting_;
  std::uint64_t lost_ = 0;
  bool woken_ = false;  // and nothing taken since
};

// All who watch the requests of this process. While nobody does a request costs the look at one flag.
class Traces {
 public:
  static constexpr std::size_t most = 8;

  bool watched() const { return watched_.load(std::memory_order_relaxed); }
  // False: there are as many as may be. On any thread, as the rest.
  bool add(std::shared_ptr<Tracer> tracer);
  void remove(const Tracer* tracer);

  // Hands the request to whom it passes. Out of memory it is lost to them, nothing else.
  void tell(const RequestEvent& event, const TraceDetail& detail) noexcept;

 private:
  static constexpr std::size_t cache_line = 64;
  alignas(cache_line) std::atomic<bool> watched_{false};  // beside nothing that requests write
  std::mutex mutex_;
  std::vector<std::shared_ptr<Tracer>> tracers_;
};

}  // namespace ferryman::gateway
