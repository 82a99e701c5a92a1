#include "gateway/gateway.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <new>
#include <optional>

#include "base/text.h"
#include "gateway/event_record.h"
#include "gateway/paths.h"
#include "gateway/pending_request.h"
#include "kerberos/reply.h"
#include "kerberos/request.h"
#include "local/limits.h"
#include "net/endpoint_name.h"

namespace ferryman::gateway {
namespace {

using Clock = std::chrono::steady_clock;

// KPSSVC's event ids (Microsoft-Windows-Kerberos-KdcProxy/Operational).
constexpr unsigned event_cannot_locate = 103;

constexpr unsigned retry_seconds = 1;

// Of a worker. They come in as many names as somebody likes, and are to leave room at ferryman-realm's socket
// for what comes over connections.
constexpr std::uint32_t most_datagrams_in_work = local::max_in_flight / 2;

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

// What no KDC sees and no policy of a realm has looked at.
bool is_flood(EventKind kind) {
  switch (kind) {
    case EventKind::malformed:
    case EventKind::realm_not_served:
    case EventKind::throttled:
    case EventKind::overload:
    case EventKind::http_violation:
      return true;
    default:
      return false;
  }
}

}  // namespace

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
  without_tenant_.clear();
  // With a count of its own: each request holds the settings, and a count that all workers share would go
  // from one processor's cache to the other's with each.
  const auto own = std::make_shared<std::shared_ptr<const Settings>>(std::move(settings));
  settings_ = {own, own->get()};
  keep_located();
}

Report Gateway::report() const {
  Report report{counts_, exchanger_.report(), {}, refusals_.list()};
  report.counts.realm_caller = realm_caller_.counts();
  for (const Realm& realm : settings_->realms) {
    if (realm.name.starts_with('*')) continue;
    report.realms.push_back({realm.name, locator_.latest(*realm.source, Clock::now())});
  }
  return report;
}

void Gateway::ask_realm_status(exchange::RealmStatusCall::Take take) {
  constexpr std::chrono::seconds patience{1};
  if (!settings_->local) return take(std::nullopt);
  const exchange::RealmCallPtr call(
      new exchange::RealmStatusCall(realm_caller_, Clock::now() + patience, std::move(take)));
  call->begin();
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
  const bool is_bare = call->peer().transport != local::Transport::kkdcp;
  if (!is_bare && asks_for_health(call->peer(), request)) return tell_health(*call);
  begin(PendingRequestPtr(new PendingRequest(*this, std::move(call))), request);
}

void Gateway::serve_tenant(net::CallPtr call, const http::Request& request, std::string_view tenant) {
  const PendingRequestPtr pending(new PendingRequest(*this, std::move(call)));
  pending->of_tenant = true;
  pending->tenant = tenant;
  pending->event.tenant = pending->tenant;
  begin(pending, request);
}

void Gateway::begin(const PendingRequestPtr& pending, const http::Request& request) {
  ++in_work_;
  if (pending->is_datagram()) ++datagrams_in_work_;
  count(pending->call->peer().transport);
  shared_.in_flight.fetch_add(1, std::memory_order_relaxed);
  guard(*pending, [&] {
    if (pending->call->peer().trace_headers) trace(*pending, request);
    const bool is_read = pending->is_bare() ? has_room(*pending) && read_bare_message(*pending)
                                            : enter(*pending, request) && read_message(*pending);
    if (is_read && admit(*pending)) {
      locate(*pending);
    } else {
      end(*pending);
    }
  });
}

void Gateway::trace(PendingRequest& pending, const http::Request& request) {
  pending.id = next_id();
  pending.trace = std::make_unique<const RequestTrace>(request.fields, request.query, pending.id->view());
  pending.trace->put_into(pending.event);
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
void Gateway::guard(PendingRequest& pending, Step step) {
  const PendingRequestPtr held(&pending);
  try {
    step();
  } catch (const std::bad_alloc&) {
    give_up(pending);
  }
}

void Gateway::give_up(PendingRequest& pending) {
  log_.write(telemetry::Level::error, "a request ended for want of memory");
  if (!leave(pending)) return;
  pending.call->drop();
}

// False when it had left before.
bool Gateway::leave(PendingRequest& pending) {
  if (std::exchange(pending.ended, true)) return false;
  --in_work_;
  if (pending.is_datagram()) --datagrams_in_work_;
  shared_.in_flight.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

bool Gateway::has_room(PendingRequest& pending) {
  const net::Peer& peer = pending.call->peer();
  if (shared_.in_flight.load(std::memory_order_relaxed) > pending.settings->max_in_flight) {
    refuse(pending, 503, "The service is overloaded.\n", EventKind::overload, "max_in_flight");
  } else if (pending.is_datagram() && datagrams_in_work_ > most_datagrams_in_work) {
    refuse(pending, 503, {}, EventKind::overload, "most_datagrams");
  } else if (!shared_.clients.may_request(peer.client, pending.settings->client, pending.begun)) {
    refuse(pending, 429, "Too many requests.\n", EventKind::throttled, "client_request_rate");
  } else {
    return true;
  }
  return false;
}

// HTTP: is there room, and is this for us?
bool Gateway::enter(PendingRequest& pending, const http::Request& request) {
  if (has_room(pending)) {
    if (!pending.of_tenant && !any_same_path(*pending.call->peer().paths, request.path)) {
      refuse(pending, 404, "Not found.\n", EventKind::http_violation, "path");
    } else if (request.method != "POST") {
      refuse(pending, 405, "Only POST is served here.\n", EventKind::http_violation, "method");
    } else {
      return true;
    }
  }
  pending.event.method = request.method;
  pending.event.path = request.path;
  return false;
}

// KDC-PROXY-MESSAGE, the Kerberos message in it, and that both name one realm [MS-KKDCP 3.2.5.1].
bool Gateway::read_message(PendingRequest& pending) {
  const auto message = kkdcp::parse(pending.call->body());
  if (!message) {
    refuse_malformed(pending, name(message.error().fault), &message.error());
    return false;
  }
  pending.message = *message;
  if (message->target_domain) pending.event.target_domain = *message->target_domain;

  const auto request = kerberos::parse_request(message->kerb_message);
  if (!request) {
    Error error = request.error();
    error.offset += static_cast<std::uint32_t>(message->kerb_message.data() - pending.call->body().data());
    refuse_malformed(pending, name(error.fault), &error);
    return false;
  }
  pending.request = *request;
  pending.event.request = &*pending.request;
  if (!message->target_domain) {
    refuse_malformed(pending, "no_target_domain", nullptr);
    return false;
  }
  pending.event.hint = message->dclocator_hint;
  pending.query.service =
      request->kind == kerberos::RequestKind::kpasswd ? discovery::Service::kpasswd : discovery::Service::kdc;
  pending.query.hint = message->dclocator_hint.value_or(discovery::hint::none_given);
  pending.query.armored = request->armored();
  if (!discovery::is_valid_hint(pending.query.hint)) {
    refuse_malformed(pending, "invalid_flags", nullptr);
    return false;
  }
  if (request->kdc_req && !name_one_realm(*message->target_domain, pending.query.hint, request->realm())) {
    refuse_malformed(pending, "realm_mismatch", nullptr);
    return false;
  }
  return true;
}

// Windows writes a domain's DNS name in one place and its NetBIOS name in the other. By what it finds the
// envelope alone chooses KDCs and policy; the message may say the same in another way, and nothing else.
bool Gateway::name_one_realm(std::string_view target_domain, std::uint32_t hint, std::string_view realm) {
  if (equal_without_case(target_domain, realm)) return true;
  const auto served = find_realm(target_domain, hint);
  const auto meant = served ? find_realm(realm, discovery::hint::none_given) : nullptr;
  return meant && meant->name == served->name;
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
bool Gateway::admit(PendingRequest& pending) {
  pending.realm = find_realm(*pending.message.target_domain, pending.query.hint);
  const bool local_only = pending.of_tenant || pending.is_bare();
  if (!pending.realm || (local_only && !pending.realm->is_local())) {
    refuse(pending, 503, "No KDC is available.\n", EventKind::realm_not_served, {});
    return false;
  }
  const policy::Rules& rules = pending.realm->rules;
  policy::Rule refused_by = policy::decide(rules, *pending.request).refused_by;
  if (refused_by == policy::Rule::none) {
    refused_by = shared_.failures.admit(pending.logon(), pending.attempt, pending.begun);
  }
  if (refused_by != policy::Rule::none) {
    refuse_by(pending, refused_by);
    return false;
  }
  if (pending.attempt.must_ask()) pending.question = std::make_unique<Question>(*pending.request);
  return true;
}

void Gateway::locate(PendingRequest& pending) {
  pending.call->watch(&pending);
  if (pending.realm->is_local()) return ask_ferryman_realm(pending, pending.begun);
  if (const auto known = locator_.recall(pending.realm->source, pending.query, pending.begun)) {
    return ask(pending, *known, pending.begun);
  }
  wait_for(pending, look_up(PendingRequestPtr(&pending)));
}

void Gateway::wait_for(PendingRequest& pending, boost::asio::awaitable<void> task) {
  auto done = [this, held = PendingRequestPtr(&pending)](const std::exception_ptr& error) {
    if (error) give_up(*held);
  };
  boost::asio::co_spawn(io_, std::move(task), std::move(done));
}

boost::asio::awaitable<void> Gateway::look_up(PendingRequestPtr pending) {
  const locate::Located located =
      co_await locator_.locate(pending->realm->source, pending->query, pending->deadline());
  ask(*pending, located, Clock::now());
}

void Gateway::ask(PendingRequest& pending, const locate::Located& located, Clock::time_point now) {
  if (pending.ended) return;  // the client has gone meanwhile
  pending.asked = now;
  if (!pending.sought_others) pending.event.locate_us = microseconds(pending.asked - pending.begun);
  pending.kdcs = located.kdcs;
  if (!located.kdcs || located.kdcs->empty()) {
    pending.event.reason = located.why;
    pending.outcome.status =
        pending.asked >= pending.deadline() ? exchange::Status::deadline : exchange::Status::no_kdc;
    return conclude(pending);
  }
  pending.event.reason = {};
  guard(pending, [&] {
    const kerberos::Request& request = pending.question ? pending.question->request : *pending.request;
    const auto begun = exchanger_.prepare(request, located.kdcs, pending.deadline(),
                                          exchange::OutcomeHandlerPtr(&pending), pending.realm->name);
    pending.under_way = begun.get();
    begun->begin(pending.asked);
  });
}

// As ask(), where no KDC is to be chosen: ferryman-realm is the only one.
void Gateway::ask_ferryman_realm(PendingRequest& pending, Clock::time_point now) {
  if (pending.ended) return;
  pending.asked = now;
  guard(pending, [&] {
    if (!pending.id) pending.id = next_id();
    const kerberos::Request& request = pending.question ? pending.question->request : *pending.request;
    const local::KerberosRequest wanted{pending.id->view(),
                                        pending.call->peer().address,
                                        pending.call->peer().transport,
                                        pending.of_tenant ? pending.tenant : pending.realm->tenant,
                                        pending.realm->name,
                                        request.bytes};
    const exchange::RealmCallPtr call(new exchange::RealmExchange(
        realm_caller_, wanted, request, pending.deadline(), exchange::OutcomeHandlerPtr(&pending)));
    pending.realm_call = call;
    call->begin();
  });
}

void Gateway::on_outcome(PendingRequest& pending, exchange::Outcome& outcome) {
  pending.under_way = nullptr;
  pending.realm_call.reset();
  outcome.tries += pending.outcome.tries;
  pending.outcome = std::move(outcome);
  pending.event.exchange_us += microseconds(pending.outcome.ended - pending.asked);
  pending.event.transport = transport_name(pending.outcome.transport);
  pending.event.tries = pending.outcome.tries;
  pending.event.hedged = pending.outcome.hedged;
  tell_no_tenant(pending);
  if (pending.question && pending.outcome.status == exchange::Status::answered) {
    return guard(pending, [&] { admit_as_told(pending); });
  }
  conclude(pending);
}

// The KDC has said whose name it is: that account's failures decide whether it sees the request itself.
void Gateway::admit_as_told(PendingRequest& pending) {
  const auto told = std::exchange(pending.outcome, {});
  pending.question.reset();
  pending.event.tries = 0;  // the request itself has not been sent
  pending.event.transport = {};
  pending.event.hedged = false;
  const policy::Rule refused_by =
      shared_.failures.admit_as(pending.logon(), pending.attempt, told.reply, told.ended);
  if (refused_by != policy::Rule::none) {
    refuse_by(pending, refused_by);
    return end(pending);
  }
  boost::asio::post(io_, [this, held = PendingRequestPtr(&pending)] {
    if (held->realm->is_local()) return ask_ferryman_realm(*held, Clock::now());
    ask(*held, locate::Located{held->kdcs, {}}, Clock::now());
  });
}

// Where none has answered, others may serve the realm by now. [KPSSVC's events 306, 309]
void Gateway::conclude(PendingRequest& pending) {
  if (pending.ended) return;
  guard(pending, [&] {
    const bool none = pending.outcome.status == exchange::Status::no_kdc;
    if (none && !pending.realm->is_local() && !pending.call->cancelled() &&
        !std::exchange(pending.sought_others, true)) {
      return wait_for(pending, rediscover(PendingRequestPtr(&pending)));
    }
    answer(pending);
    end(pending);
  });
}

// What may not be sent again does not wait for that; those who come later profit.
boost::asio::awaitable<void> Gateway::rediscover(PendingRequestPtr pending) {
  const bool may_ask = pending->question || pending->request->repeatable() || pending->outcome.tries == 0;
  const auto until = may_ask ? pending->deadline() : Clock::now();
  const locate::Located anew = co_await locator_.rediscover(pending->realm->source, pending->query, until);
  if (may_ask && names_another(pending->kdcs, anew.kdcs)) {
    pending->event.rediscovered = true;
    ask(*pending, anew, Clock::now());
  } else {
    conclude(*pending);
  }
}

void Gateway::end(PendingRequest& pending) {
  if (leave(pending)) write_event(pending);
}

// By a KDC whose answer nobody has waited for, or that cannot be read here.
bool Gateway::may_have_been_judged(const PendingRequest& pending) {
  if (pending.outcome.tries == 0) return false;
  return pending.call->cancelled() || pending.outcome.bad_reply.has_value();
}

void Gateway::answer(PendingRequest& pending) {
  if (pending.outcome.status != exchange::Status::answered) {
    const bool late = pending.outcome.status == exchange::Status::deadline;
    std::string_view reason = pending.event.reason;
    if (const auto& bad = pending.outcome.bad_reply) {
      reason = name(bad->fault);
      pending.event.offset = bad->offset;
      pending.event.offset_in = RequestEvent::offset_in_answer;
    }
    if (reason.empty()) reason = pending.outcome.why;
    if (reason.empty() && pending.outcome.no_socket) reason = "no_descriptors";
    if (reason.empty()) reason = late ? "deadline" : "no_answer";
    if (!may_have_been_judged(pending)) {
      shared_.failures.forget(pending.logon(), pending.attempt, Clock::now());
    }
    if (reason == exchange::no_answer::unfit) {
      return refuse(pending, 413, "The message is too large.\n", EventKind::http_violation, reason);
    }
    refuse(pending, late ? 504 : 503, "No KDC answered.\n", EventKind::no_kdc, reason);
    pending.event.event_id = event_cannot_locate;
    return;
  }
  const kerberos::Reply& reply = pending.outcome.reply;
  pending.event.reply = &reply;
  pending.attempt.written = pending.outcome.tries;
  shared_.failures.note(pending.logon(), pending.attempt, reply, pending.outcome.ended);
  pending.event.kind = EventKind::exchange;
  if (pending.is_bare()) return answer_bare(pending);
  const auto header = kkdcp::reply_header(reply.bytes.size(), pending.message.framing);
  if (!header) {
    refuse(pending, 503, "No KDC answered.\n", EventKind::no_kdc, name(header.error().fault));
    return;
  }
  http::Response response;
  response.content_type = "application/kerberos";
  response.body_head = header->bytes();
  response.body = reply.bytes;
  if (pending.trace) response.fields = pending.trace->fields();
  pending.event.status = pending.call->cancelled() ? 0 : response.status;
  pending.call->respond(response);
}

// Fixed texts only: nothing of the request goes back.
void Gateway::refuse(PendingRequest& pending, unsigned status, std::string_view text, EventKind kind,
                     std::string_view reason) {
  if (pending.is_bare()) return refuse_bare(pending, kind, reason);
  http::Response response;
  response.status = status;
  response.body = as_bytes(text);
  if (pending.trace) response.fields = pending.trace->fields();
  if (status == 405) response.allow = "POST";
  if (kind == EventKind::overload || kind == EventKind::throttled)
    response.retry_after_seconds = retry_seconds;
  pending.event.kind = kind;
  pending.event.reason = reason;
  pending.event.status = pending.call->cancelled() ? 0 : status;

  const bool drop = kind == EventKind::realm_not_served && pending.settings->drop_malformed;
  if (drop) {
    pending.event.status = 0;
    pending.call->drop();
  } else {
    pending.call->respond(response);
  }
}

void Gateway::refuse_malformed(PendingRequest& pending, std::string_view reason, const Error* error) {
  pending.event.kind = EventKind::malformed;
  if (error != nullptr) {
    pending.event.offset = error->offset;
    pending.event.offset_in = RequestEvent::offset_in_request;
  }
  if (!pending.settings->drop_malformed || pending.is_bare()) {
    refuse(pending, 400, "Not a well-formed KDC proxy message.\n", EventKind::malformed, reason);
    return;
  }
  pending.event.reason = reason;
  pending.call->drop();
}

void Gateway::write_event(const PendingRequest& pending) {
  RequestEvent event = pending.event;
  std::optional<net::EndpointName> kdc;
  if (pending.outcome.kdc != nullptr) {
    event.kdc = kdc.emplace(pending.outcome.kdc->address, pending.outcome.kdc->port).view();
  } else if (pending.realm && pending.realm->is_local()) {
    event.kdc = "ferryman-realm";
  }
  const auto ended = event.kind == EventKind::exchange ? pending.outcome.ended : Clock::now();
  event.total_us = microseconds(ended - pending.begun);
  if (!shared_.traces.watched()) return write_event(event, *pending.call, pending.id);
  TraceDetail detail = trace_detail(pending);
  write_event(event, *pending.call, pending.id, &detail);
}

TraceDetail Gateway::trace_detail(const PendingRequest& pending) {
  TraceDetail detail;
  if (pending.request) detail.request = pending.request->bytes;
  if (pending.event.reply != nullptr) detail.reply = pending.outcome.reply.bytes;
  if (!pending.own_reply.empty()) {
    detail.kdc_reply = detail.reply;
    detail.reply = pending.own_reply;
  }
  if (pending.outcome.kdc != nullptr) detail.kdc_name = pending.outcome.kdc->name;
  return detail;
}

void Gateway::write_event(RequestEvent& event, const net::Call& call, const std::optional<RequestId>& id,
                          TraceDetail* detail) {
  ++counts_.events[static_cast<std::size_t>(event.kind)];
  counts_.figures.count(event, call.version());
  // Over UDP no limit holds who writes in many names.
  const bool udp = call.peer().transport == local::Transport::udp;
  const bool flood = is_flood(event.kind) || (udp && event.kind != EventKind::exchange);
  const bool has_room = !flood || may_log_flood();
  event.client = call.peer().address;
  if (has_room && Refusals::is_one(event.kind)) refusals_.note(event, std::chrono::system_clock::now());
  const bool logged = has_room && log_.writes(level(event.kind));
  if (!logged && detail == nullptr) return;
  const RequestId known = id ? *id : next_id();
  event.id = known.view();
  event.tls = call.peer().tls_version;
  event.http = http::name(call.version());
  event.protocol = protocol_name(call.peer().transport);
  if (detail != nullptr) {
    detail->server = call.server_address();
    detail->took = std::chrono::microseconds(event.total_us);
    shared_.traces.tell(event, *detail);
  }
  if (!logged) return;
  event.unlogged = std::exchange(unlogged_, 0);
  write(log_, event);
}

}  // namespace ferryman::gateway
