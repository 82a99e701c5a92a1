#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/rate_limiter.h"
#include "exchange/exchanger.h"
#include "exchange/realm_caller.h"
#include "gateway/event.h"
#include "gateway/figures.h"
#include "gateway/realm.h"
#include "gateway/realm_map.h"
#include "gateway/refusals.h"
#include "gateway/request_id.h"
#include "gateway/trace.h"
#include "locate/locator.h"
#include "net/client_table.h"
#include "net/datagram_counts.h"
#include "net/request_handler.h"
#include "net/resolver.h"
#include "policy/failures.h"
#include "telemetry/log.h"

namespace ferryman::gateway {

// What a reload replaces in every worker.
struct Settings {
  std::vector<Realm> realms;
  exchange::Options exchange;
  std::optional<exchange::RealmAddress> local;       // where ferryman-realm is; nothing: there is none
  std::chrono::milliseconds sign_in_deadline{8000};  // of its HTTP requests
  std::uint32_t max_in_flight = 20000;
  net::ClientLimits client;
  bool drop_malformed = false;
  std::size_t max_udp_answer = 1400;  // octets; beyond, a client that came by UDP is told to come by TCP
};

// What one gateway has done since its start.
struct Counts {
  std::array<std::uint64_t, event_kinds> events{};  // by EventKind
  std::uint64_t kkdcp = 0, udp = 0, tcp = 0;        // requests of the KDC proxy, by local::Transport
  std::uint64_t lookups = 0, failed_lookups = 0, rediscoveries = 0;
  std::uint64_t unused_connections = 0;
  std::uint64_t unnamed_clients = 0;  // requests of trusted proxies that do not tell whose they are
  Figures figures;
  net::DatagramCounts datagrams;  // the worker's
  exchange::RealmCaller::Counts realm_caller;
};

// What lookups of a declared realm's KDCs have shown.
struct RealmReport {
  std::string name;
  std::optional<locate::Located> located;  // nothing: none has ended lately
};

struct Report {
  Counts counts;
  std::vector<exchange::KdcReport> kdcs;
  std::vector<RealmReport> realms;  // in the configuration's order, without wildcards
  std::vector<Refusal> refusals{};  // the oldest first
};

// What the gateways of all workers count together.
struct Shared {
  std::atomic<std::uint32_t> in_flight{0};
  std::atomic<bool> ready{true};  // what a listener's health_path tells
  net::ClientTable clients;
  policy::Failures failures;
  Traces traces;
};

// The KDC proxy of one worker: takes requests from its connections, brings them to a KDC and the answers
// back. gateway.cc shows the way of a request from top to bottom. Those that come by UDP or TCP without HTTP
// are for the realms of ferryman-realm only; in what they differ gateway_bare.cc has.
class Gateway : public net::RequestHandler, private locate::LocatorObserver {
 public:
  // worker: its number, part of the events' ids. shared and log outlive the gateway.
  Gateway(boost::asio::io_context& io, unsigned worker, const std::vector<std::string>& dns_servers,
          Shared& shared, telemetry::Log& log);
  ~Gateway() override;

  // For requests that come from now on; those under way end by the settings they began with.
  void configure(std::shared_ptr<const Settings> settings);

  void serve(net::CallPtr call, const http::Request& request) override;
  // The same at /TENANT/kerberos: for realms that ferryman-realm serves, whatever the listener's paths are.
  void serve_tenant(net::CallPtr call, const http::Request& request, std::string_view tenant);
  void on_violation(const net::Peer& peer, http::Version version, unsigned status,
                    std::string_view reason) override;
  void on_handshake(const net::Peer& peer, bool resumed) override;
  void on_handshake_failure(const net::Peer& peer, int code, std::string_view reason) override;
  void on_unused(const net::Peer& peer) override;
  void on_unnamed_client(const net::Peer& peer) override;
  void on_exhausted(int cause) override;

  Report report() const;
  // What ferryman-realm says of itself; nothing where there is none or it does not answer within a second.
  // take is called once, perhaps later.
  void ask_realm_status(exchange::RealmStatusCall::Take take);

  // What front/ has in common with it on this worker.
  const Settings& settings() const { return *settings_; }
  exchange::RealmCaller& realm_caller() { return realm_caller_; }
  RequestId next_id() { return {worker_, ++last_id_}; }
  // Counts the event and writes it, unless there are too many, with what the call and id tell. detail: not
  // null while somebody watches.
  void write_event(RequestEvent& event, const net::Call& call, const std::optional<RequestId>& id,
                   TraceDetail* detail = nullptr);

  // Requests under way on this worker.
  std::uint32_t in_work() const { return in_work_; }

 private:
  struct PendingRequest;
  using PendingRequestPtr = boost::intrusive_ptr<PendingRequest>;

  void on_rediscovery(const locate::RealmSource& source, discovery::Service service) override;
  void on_located(const locate::LookupEnd& end) override;
  void on_candidate(const locate::RealmSource& source, const locate::DomainController& dc,
                    std::string_view verdict) override;

  void count(local::Transport transport);
  template <typename Step>
  void guard(PendingRequest& pending, Step step);
  void trace(PendingRequest& pending, const http::Request& request);
  void tell_health(net::Call& call);
  void give_up(PendingRequest& pending);
  bool leave(PendingRequest& pending);
  void wait_for(PendingRequest& pending, boost::asio::awaitable<void> task);
  void begin(const PendingRequestPtr& pending, const http::Request& request);
  bool has_room(PendingRequest& pending);
  bool enter(PendingRequest& pending, const http::Request& request);
  bool read_message(PendingRequest& pending);
  bool read_bare_message(PendingRequest& pending);
  bool admit(PendingRequest& pending);
  void admit_as_told(PendingRequest& pending);
  std::shared_ptr<const Realm> find_realm(std::string_view name, std::uint32_t hint);
  bool name_one_realm(std::string_view target_domain, std::uint32_t hint, std::string_view realm);
  void locate_ahead();
  void keep_located();
  void on_kdc_change(const discovery::Kdc& kdc, bool serves);
  void locate(PendingRequest& pending);
  boost::asio::awaitable<void> look_up(PendingRequestPtr pending);
  void ask(PendingRequest& pending, const locate::Located& located,
           std::chrono::steady_clock::time_point now);
  void ask_ferryman_realm(PendingRequest& pending, std::chrono::steady_clock::time_point now);
  void on_realm_change(const exchange::RealmChange& change);
  void tell_no_tenant(const PendingRequest& pending);
  void on_outcome(PendingRequest& pending, exchange::Outcome& outcome);
  void conclude(PendingRequest& pending);
  boost::asio::awaitable<void> rediscover(PendingRequestPtr pending);
  void answer(PendingRequest& pending);
  void end(PendingRequest& pending);
  void refuse(PendingRequest& pending, unsigned status, std::string_view text, EventKind kind,
              std::string_view reason);
  void answer_bare(PendingRequest& pending);
  void refuse_bare(PendingRequest& pending, EventKind kind, std::string_view reason);
  void respond_error(PendingRequest& pending, std::int32_t code, std::string_view text);
  void refuse_by(PendingRequest& pending, policy::Rule rule);
  static bool may_have_been_judged(const PendingRequest& pending);
  void refuse_malformed(PendingRequest& pending, std::string_view reason, const Error* error);
  void write_event(const PendingRequest& pending);
  static TraceDetail trace_detail(const PendingRequest& pending);
  bool may_log_flood();

  boost::asio::io_context& io_;
  unsigned worker_;
  Shared& shared_;
  std::uint32_t in_work_ = 0, datagrams_in_work_ = 0;
  std::uint64_t last_id_ = 0;
  Counts counts_;
  Refusals refusals_;
  RateLimiter flood_lines_{8};
  std::uint64_t unlogged_ = 0;
  telemetry::Log& log_;
  net::Resolver resolver_;
  locate::Locator locator_;
  exchange::Exchanger exchanger_;
  exchange::RealmCaller realm_caller_;
  boost::asio::steady_timer keep_located_;
  std::shared_ptr<const Settings> settings_;
  std::shared_ptr<RealmMap> realms_;
  std::set<std::string> without_tenant_;  // realms of these settings that ferryman-realm does not serve
};

}  // namespace ferryman::gateway
