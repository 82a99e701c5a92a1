#include "gateway/gateway.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <new>
#include <optional>

#include "base/recycled.h"
#include "base/text.h"
#include "exchange/pending_exchange.h"
#include "exchange/realm_call.h"
#include "gateway/event_record.h"
#include "gateway/paths.h"
#include "gateway/question.h"
#include "kerberos/reply.h"
#include "kerberos/request.h"
#include "kkdcp/message.h"
#include "net/endpoint_name.h"
#include "policy/policy.h"

namespace ferryman::gateway {
namespace {

using Clock = std::chrono::steady_clock;

// KPSSVC's event ids (Microsoft-Windows-Kerberos-KdcProxy/Operational).
constexpr unsigned event_cannot_locate = 103;

constexpr unsigned retry_seconds = 1;

std::uint32_t microseconds(Clock::duration duration) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

bool asks_for_health(const net::Peer& peer, const http::Request& request) {
  return !peer.health_path->empty() && same_path(*peer.health_path, request.path) &&
         (request.method == "GET" || request.method == "HEAD");
}

// A list with a KDC that is not in the one before.
bool names_another(const discovery::KdcList& before, const discovery::KdcList& now) {
  if (!now || now->empty()) return false;
  return !before || std::any_of(now->begin(), now->end(), [&](const discovery::Kdc& kdc) {
    return std::none_of(before->begin(), before->end(), [&](const discovery::Kdc& other) {
      return other.address == kdc.address && other.port == kdc.port;
    });
  });
}

}  // namespace

// One request between its arrival and its event. Held by what it waits for.
struct Gateway::Passage final : Recycled<Passage>, exchange::OutcomeHandler, net::CallWatcher {
  Passage(Gateway& g, net::CallPtr c) : gateway(g), call(std::move(c)), settings(g.settings_) {}
  ~Passage() override { call->watch(nullptr); }

  void on_outcome(exchange::Outcome& ended) override { gateway.on_outcome(*this, ended); }
  void on_gone() override {
    const PassagePtr self(this);
    if (realm_call) return realm_call->abandon();
    pending != nullptr ? pending->abandon() : gateway.conclude(*this);
  }
  Clock::time_point deadline() const { return begun + realm->deadline; }
  policy::Logon logon() const {
    return {realm->rules, {realm->name, realm->source->kdc}, *request, call->peer().client};
  }

  Gateway& gateway;
  const net::CallPtr call;
  const std::shared_ptr<const Settings> settings;
  std::shared_ptr<const Realm> realm;
  const Clock::time_point begun = Clock::now();
  Clock::time_point asked{};
  kkdcp::Message message;
  std::optional<kerberos::Request> request;
  policy::Attempt attempt;
  std::unique_ptr<const Question> question;  // until it is answered
  locate::Query query;
  discovery::KdcList kdcs;                       // that were asked first
  exchange::PendingExchange* pending = nullptr;  // while it is under way
  exchange::RealmCallPtr realm_call;             // the same at ferryman-realm
  std::optional<RequestId> id;                   // made when somebody needs it
  bool of_tenant = false;
  std::string tenant;  // that the path names
  exchange::Outcome outcome;
  bool sought_others = false, ended = false;
  RequestEvent event;
};

Gateway::Gateway(boost::asio::io_context& io, unsigned worker, const std::vector<std::string>& dns_servers,
                 Shared& shared, telemetry::Log& log)
    : io_(io),
      worker_(worker),
      shared_(shared),
      log_(log),
      resolver_(io, dns_servers),
      locator_(resolver_, this),
      exchanger_(io, exchange::Options{}),
      realm_caller_(io),
      keep_located_(io) {
  exchanger_.on_change([this](const discovery::Kdc& kdc, bool serves) { on_kdc_change(kdc, serves); });
  realm_caller_.on_change([this](const exchange::RealmChange& change) { on_realm_change(change); });
}

Gateway::~Gateway() = default;

void Gateway::configure(std::shared_ptr<const Settings> settings) {
  exchanger_.set_options(settings->exchange);
  realm_caller_.configure(settings->local);
  realms_ = std::make_shared<RealmMap>(settings->realms);
  // With a count of its own: each request holds the settings, and a count that all workers share would go
  // from one processor's cache to the other's with each.
  const auto own = std::make_shared<std::shared_ptr<const Settings>>(std::move(settings));
  settings_ = {own, own->get()};
  keep_located();
}

Report Gateway::report() const {
  Report report{counts_, exchanger_.report(), {}};
  report.counts.realm_caller = realm_caller_.counts();
  for (const Realm& realm : settings_->realms) {
    if (realm.name.starts_with('*')) continue;
    report.realms.push_back({realm.name, locator_.latest(*realm.source, Clock::now())});
  }
  return report;
}

// Often enough that what is known is refreshed in the last part of its time also where few requests come.
void Gateway::keep_located() {
  constexpr std::chrono::seconds interval{30};
  locate_ahead();
  keep_located_.expires_after(interval);
  keep_located_.async_wait([this](boost::system::error_code error) {
    if (!error) keep_located();
  });
}

// Domains are looked for before the first request wants them, and so that their NetBIOS names are known.
void Gateway::locate_ahead() {
  for (const Realm& realm : settings_->realms) {
    if (realm.source->discovery != locate::Discovery::ad || realm.name.starts_with('*')) continue;
    auto lookup = locator_.locate(realm.source, locate::Query(), Clock::now() + realm.deadline);
    boost::asio::co_spawn(io_, std::move(lookup), boost::asio::detached);
  }
}

// The way of one request: enter, read_message, admit, locate, ask (and before it, where only a KDC can say
// whose name that is, ask and admit_as_told), answer, end.
void Gateway::serve(net::CallPtr call, const http::Request& request) {
  if (asks_for_health(call->peer(), request)) return tell_health(*call);
  begin(PassagePtr(new Passage(*this, std::move(call))), request);
}

void Gateway::serve_tenant(net::CallPtr call, const http::Request& request, std::string_view tenant) {
  const PassagePtr passage(new Passage(*this, std::move(call)));
  passage->of_tenant = true;
  passage->tenant = tenant;
  passage->event.tenant = passage->tenant;
  begin(passage, request);
}

void Gateway::begin(const PassagePtr& passage, const http::Request& request) {
  ++in_work_;
  shared_.in_flight.fetch_add(1, std::memory_order_relaxed);
  guard(*passage, [&] {
    if (enter(*passage, request) && read_message(*passage) && admit(*passage)) {
      locate(*passage);
    } else {
      end(*passage);
    }
  });
}

// For those who look every few seconds: no limit bites, nothing is logged.
void Gateway::tell_health(net::Call& call) {
  const bool ready = shared_.ready.load(std::memory_order_relaxed);
  http::Response response;
  response.status = ready ? 200 : 503;
  response.body = as_bytes(ready ? "ready\n" : "not ready\n");
  call.respond(response);
}

// Out of memory, a request is given up and takes nothing else with it.
template <typename Step>
void Gateway::guard(Passage& passage, Step step) {
  const PassagePtr held(&passage);
  try {
    step();
  } catch (const std::bad_alloc&) {
    give_up(passage);
  }
}

void Gateway::give_up(Passage& passage) {
  log_.write(telemetry::Level::error, "a request ended for want of memory");
  if (!leave(passage)) return;
  passage.call->drop();
}

// False when it had left before.
bool Gateway::leave(Passage& passage) {
  if (std::exchange(passage.ended, true)) return false;
  --in_work_;
  shared_.in_flight.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

// HTTP: is this for us, and is there room?
bool Gateway::enter(Passage& passage, const http::Request& request) {
  net::Call& call = *passage.call;
  if (shared_.in_flight.load(std::memory_order_relaxed) > passage.settings->max_in_flight) {
    refuse(passage, 503, "The service is overloaded.\n", EventKind::overload, "max_in_flight");
  } else if (!shared_.clients.may_request(call.peer().client, passage.settings->client, passage.begun)) {
    refuse(passage, 429, "Too many requests.\n", EventKind::throttled, "client_request_rate");
  } else if (!passage.of_tenant && !any_same_path(*call.peer().paths, request.path)) {
    refuse(passage, 404, "Not found.\n", EventKind::http_violation, "path");
  } else if (request.method != "POST") {
    refuse(passage, 405, "Only POST is served here.\n", EventKind::http_violation, "method");
  } else {
    return true;
  }
  passage.event.method = request.method;
  passage.event.path = request.path;
  return false;
}

// KDC-PROXY-MESSAGE, the Kerberos message in it, and that both name one realm [MS-KKDCP 3.2.5.1].
bool Gateway::read_message(Passage& passage) {
  const auto message = kkdcp::parse(passage.call->body());
  if (!message) {
    refuse_malformed(passage, name(message.error().fault), &message.error());
    return false;
  }
  passage.message = *message;
  if (message->target_domain) passage.event.target_domain = *message->target_domain;

  const auto request = kerberos::parse_request(message->kerb_message);
  if (!request) {
    refuse_malformed(passage, name(request.error().fault), &request.error());
    return false;
  }
  passage.request = *request;
  passage.event.request = &*passage.request;
  if (!message->target_domain) {
    refuse_malformed(passage, "no_target_domain", nullptr);
    return false;
  }
  if (request->kdc_req && !equal_without_case(request->realm(), *message->target_domain)) {
    refuse_malformed(passage, "realm_mismatch", nullptr);
    return false;
  }
  passage.event.hint = message->dclocator_hint;
  passage.query.service =
      request->kind == kerberos::RequestKind::kpasswd ? discovery::Service::kpasswd : discovery::Service::kdc;
  passage.query.hint = message->dclocator_hint.value_or(discovery::hint::none_given);
  passage.query.armored = request->armored();
  if (!discovery::is_valid_hint(passage.query.hint)) {
    refuse_malformed(passage, "invalid_flags", nullptr);
    return false;
  }
  return true;
}

// A declared realm, or the one whose domain has that NetBIOS name; DS_IS_DNS_NAME and DS_IS_FLAT_NAME say
// which of the two a name is.
std::shared_ptr<const Realm> Gateway::find_realm(std::string_view name, std::uint32_t hint) {
  const bool flat_only = (hint & discovery::hint::is_flat_name) != 0;
  const bool dns_only = (hint & discovery::hint::is_dns_name) != 0;
  const bool may_be_flat = !dns_only && name.find('.') == std::string_view::npos;
  if (may_be_flat && (flat_only || !realms_->find_exact(name))) {
    const std::string_view realm = locator_.realm_of_netbios(name);
    if (!realm.empty()) return realms_->find(realm);
  }
  return flat_only ? nullptr : realms_->find(name);
}

// Is the realm served, and does its policy let this in?
bool Gateway::admit(Passage& passage) {
  passage.realm = find_realm(*passage.message.target_domain, passage.query.hint);
  if (!passage.realm || (passage.of_tenant && !passage.realm->is_local())) {
    refuse(passage, 503, "No KDC is available.\n", EventKind::realm_not_served, {});
    return false;
  }
  const policy::Rules& rules = passage.realm->rules;
  policy::Rule refused_by = policy::decide(rules, *passage.request).refused_by;
  if (refused_by == policy::Rule::none) {
    refused_by = shared_.failures.admit(passage.logon(), passage.attempt, passage.begun);
  }
  if (refused_by != policy::Rule::none) {
    refuse_by(passage, refused_by);
    return false;
  }
  if (passage.attempt.must_ask()) passage.question = std::make_unique<Question>(*passage.request);
  return true;
}

void Gateway::refuse_by(Passage& passage, policy::Rule rule) {
  refuse(passage, 403, "Refused.\n", EventKind::refused, policy::name(rule));
  passage.event.event_id = policy::event_id(rule);
}

void Gateway::locate(Passage& passage) {
  passage.call->watch(&passage);
  if (passage.realm->is_local()) return ask_ferryman_realm(passage, passage.begun);
  if (const auto known = locator_.recall(passage.realm->source, passage.query, passage.begun)) {
    return ask(passage, *known, passage.begun);
  }
  wait_for(passage, look_up(PassagePtr(&passage)));
}

void Gateway::wait_for(Passage& passage, boost::asio::awaitable<void> task) {
  auto done = [this, held = PassagePtr(&passage)](const std::exception_ptr& error) {
    if (error) give_up(*held);
  };
  boost::asio::co_spawn(io_, std::move(task), std::move(done));
}

boost::asio::awaitable<void> Gateway::look_up(PassagePtr passage) {
  const locate::Located located =
      co_await locator_.locate(passage->realm->source, passage->query, passage->deadline());
  ask(*passage, located, Clock::now());
}

void Gateway::ask(Passage& passage, const locate::Located& located, Clock::time_point now) {
  if (passage.ended) return;  // the client has gone meanwhile
  passage.asked = now;
  if (!passage.sought_others) passage.event.locate_us = microseconds(passage.asked - passage.begun);
  passage.kdcs = located.kdcs;
  if (!located.kdcs || located.kdcs->empty()) {
    passage.event.reason = located.why;
    passage.outcome.status =
        passage.asked >= passage.deadline() ? exchange::Status::deadline : exchange::Status::no_kdc;
    return conclude(passage);
  }
  passage.event.reason = {};
  guard(passage, [&] {
    const kerberos::Request& request = passage.question ? passage.question->request : *passage.request;
    const auto pending =
        exchanger_.prepare(request, located.kdcs, passage.deadline(), exchange::OutcomeHandlerPtr(&passage));
    passage.pending = pending.get();
    pending->begin(passage.asked);
  });
}

// As ask(), where no KDC is to be chosen: ferryman-realm is the only one.
void Gateway::ask_ferryman_realm(Passage& passage, Clock::time_point now) {
  if (passage.ended) return;
  passage.asked = now;
  guard(passage, [&] {
    if (!passage.id) passage.id = next_id();
    const kerberos::Request& request = passage.question ? passage.question->request : *passage.request;
    const local::KerberosRequest wanted{
        passage.id->view(),      passage.call->peer().address,
        local::Transport::kkdcp, passage.of_tenant ? passage.tenant : passage.realm->tenant,
        passage.realm->name,     request.bytes};
    const exchange::RealmCallPtr call(new exchange::RealmExchange(
        realm_caller_, wanted, request, passage.deadline(), exchange::OutcomeHandlerPtr(&passage)));
    passage.realm_call = call;
    call->begin();
  });
}

void Gateway::on_outcome(Passage& passage, exchange::Outcome& outcome) {
  passage.pending = nullptr;
  passage.realm_call.reset();
  outcome.tries += passage.outcome.tries;
  passage.outcome = std::move(outcome);
  passage.event.exchange_us += microseconds(passage.outcome.ended - passage.asked);
  passage.event.transport = transport_name(passage.outcome.transport);
  passage.event.tries = passage.outcome.tries;
  passage.event.hedged = passage.outcome.hedged;
  if (passage.question && passage.outcome.status == exchange::Status::answered) {
    return guard(passage, [&] { admit_as_told(passage); });
  }
  conclude(passage);
}

// The KDC has said whose name it is: that account's failures decide whether it sees the request itself.
void Gateway::admit_as_told(Passage& passage) {
  const auto told = std::exchange(passage.outcome, {});
  passage.question.reset();
  passage.event.tries = 0;  // the request itself has not been sent
  passage.event.transport = {};
  passage.event.hedged = false;
  const policy::Rule refused_by =
      shared_.failures.admit_as(passage.logon(), passage.attempt, told.reply, told.ended);
  if (refused_by != policy::Rule::none) {
    refuse_by(passage, refused_by);
    return end(passage);
  }
  boost::asio::post(io_, [this, held = PassagePtr(&passage)] {
    if (held->realm->is_local()) return ask_ferryman_realm(*held, Clock::now());
    ask(*held, locate::Located{held->kdcs, {}}, Clock::now());
  });
}

// Where none has answered, others may serve the realm by now. [KPSSVC's events 306, 309]
void Gateway::conclude(Passage& passage) {
  if (passage.ended) return;
  guard(passage, [&] {
    const bool none = passage.outcome.status == exchange::Status::no_kdc;
    if (none && !passage.realm->is_local() && !passage.call->cancelled() &&
        !std::exchange(passage.sought_others, true)) {
      return wait_for(passage, rediscover(PassagePtr(&passage)));
    }
    answer(passage);
    end(passage);
  });
}

// What may not be sent again does not wait for that; those who come later profit.
boost::asio::awaitable<void> Gateway::rediscover(PassagePtr passage) {
  const bool may_ask = passage->question || passage->request->repeatable() || passage->outcome.tries == 0;
  const auto until = may_ask ? passage->deadline() : Clock::now();
  const locate::Located anew = co_await locator_.rediscover(passage->realm->source, passage->query, until);
  if (may_ask && names_another(passage->kdcs, anew.kdcs)) {
    passage->event.rediscovered = true;
    ask(*passage, anew, Clock::now());
  } else {
    conclude(*passage);
  }
}

void Gateway::end(Passage& passage) {
  if (leave(passage)) write_event(passage);
}

// By a KDC whose answer nobody has waited for, or that cannot be read here.
bool Gateway::may_have_been_judged(const Passage& passage) {
  if (passage.outcome.tries == 0) return false;
  return passage.call->cancelled() || passage.outcome.bad_reply.has_value();
}

void Gateway::answer(Passage& passage) {
  if (passage.outcome.status != exchange::Status::answered) {
    const bool late = passage.outcome.status == exchange::Status::deadline;
    std::string_view reason = passage.event.reason;
    if (const auto& bad = passage.outcome.bad_reply) {
      reason = name(bad->fault);
      passage.event.offset = bad->offset;
    }
    if (reason.empty()) reason = passage.outcome.why;
    if (reason.empty() && passage.outcome.no_socket) reason = "no_descriptors";
    if (reason.empty()) reason = late ? "deadline" : "no_answer";
    if (!may_have_been_judged(passage)) {
      shared_.failures.forget(passage.logon(), passage.attempt, Clock::now());
    }
    if (reason == exchange::no_answer::unfit) {
      return refuse(passage, 413, "The message is too large.\n", EventKind::http_violation, reason);
    }
    refuse(passage, late ? 504 : 503, "No KDC answered.\n", EventKind::no_kdc, reason);
    passage.event.event_id = event_cannot_locate;
    return;
  }
  const kerberos::Reply& reply = passage.outcome.reply;
  passage.event.reply = &reply;
  passage.attempt.written = passage.outcome.tries;
  shared_.failures.note(passage.logon(), passage.attempt, reply, passage.outcome.ended);
  const auto header = kkdcp::reply_header(reply.bytes.size(), passage.message.framing);
  if (!header) {
    refuse(passage, 503, "No KDC answered.\n", EventKind::no_kdc, name(header.error().fault));
    return;
  }
  http::Response response;
  response.content_type = "application/kerberos";
  response.body_head = header->bytes();
  response.body = reply.bytes;
  passage.event.kind = EventKind::exchange;
  passage.event.status = passage.call->cancelled() ? 0 : response.status;
  passage.call->respond(response);
}

// Fixed texts only: nothing of the request goes back.
void Gateway::refuse(Passage& passage, unsigned status, std::string_view text, EventKind kind,
                     std::string_view reason) {
  http::Response response;
  response.status = status;
  response.body = as_bytes(text);
  if (status == 405) response.allow = "POST";
  if (kind == EventKind::overload || kind == EventKind::throttled)
    response.retry_after_seconds = retry_seconds;
  passage.event.kind = kind;
  passage.event.reason = reason;
  passage.event.status = passage.call->cancelled() ? 0 : status;

  const bool drop = kind == EventKind::realm_not_served && passage.settings->drop_malformed;
  if (drop) {
    passage.event.status = 0;
    passage.call->drop();
  } else {
    passage.call->respond(response);
  }
}

void Gateway::refuse_malformed(Passage& passage, std::string_view reason, const Error* error) {
  passage.event.kind = EventKind::malformed;
  if (error != nullptr) passage.event.offset = error->offset;
  if (!passage.settings->drop_malformed) {
    refuse(passage, 400, "Not a well-formed KDC proxy message.\n", EventKind::malformed, reason);
    return;
  }
  passage.event.reason = reason;
  passage.call->drop();
}

void Gateway::write_event(const Passage& passage) {
  RequestEvent event = passage.event;
  std::optional<net::EndpointName> kdc;
  if (passage.outcome.kdc != nullptr) {
    event.kdc = kdc.emplace(passage.outcome.kdc->address, passage.outcome.kdc->port).view();
  } else if (passage.realm && passage.realm->is_local()) {
    event.kdc = "ferryman-realm";
  }
  const auto ended = event.kind == EventKind::exchange ? passage.outcome.ended : Clock::now();
  event.total_us = microseconds(ended - passage.begun);
  write_event(event, *passage.call, passage.id);
}

void Gateway::write_event(RequestEvent& event, const net::Call& call, const std::optional<RequestId>& id) {
  ++counts_.events[static_cast<std::size_t>(event.kind)];
  const bool flood = event.kind == EventKind::http_violation || event.kind == EventKind::throttled ||
                     event.kind == EventKind::overload;
  if (flood && !may_log_flood()) return;
  if (!log_.writes(level(event.kind))) return;
  event.unlogged = std::exchange(unlogged_, 0);
  const RequestId known = id ? *id : next_id();
  event.id = known.view();
  event.client = call.peer().address;
  event.tls = call.peer().tls_version;
  event.http = http::name(call.version());
  write(log_, event);
}

}  // namespace ferryman::gateway
