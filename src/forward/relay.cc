#include "forward/relay.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>
#include <exception>
#include <utility>

#include "base/text.h"
#include "kerberos/error_reply.h"
#include "kerberos/names.h"
#include "kerberos/reply.h"

namespace ferryman::forward {
namespace asio = boost::asio;
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t max_realms = 64;
constexpr std::chrono::seconds no_direct_time{60};

std::string describe(Bytes message, kerberos::RequestKind to) {
  const auto reply = kerberos::parse_reply(message, to);
  if (!reply) return {};
  const auto error = reply->error_code == 0 ? std::string_view() : kerberos::error_name(reply->error_code);
  return std::string(error.empty() ? kerberos::name(reply->kind) : error);
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), ascii_upper);
  return text;
}

}  // namespace

Relay::Relay(asio::io_context& io, RelayOptions options, Observer observer)
    : io_(io),
      options_(std::move(options)),
      observer_(std::move(observer)),
      answers_(io),
      resolver_(io, options_.dns_servers),
      locator_(resolver_),
      exchanger_(io, exchange::Options()) {}

void Relay::set_routes(const std::vector<Route>& routes) {
  std::vector<Client> fresh;
  for (const Route& route : routes) {
    fresh.push_back({route.realms, std::make_shared<ClientDriver>(io_, route.options)});
    fresh.back().driver->start();
  }
  clients_ = std::move(fresh);
}

std::shared_ptr<ClientDriver> Relay::client_of(std::string_view realm) const {
  for (const Client& each : clients_) {
    const bool serves = each.realms.empty() || std::ranges::any_of(each.realms, [&](const auto& served) {
                          return equal_without_case(served, realm);
                        });
    if (serves) return each.driver;
  }
  return nullptr;
}

std::shared_ptr<const locate::RealmSource> Relay::source_of(const std::string& realm) {
  const std::string key = upper(realm);
  if (const auto known = sources_.find(key); known != sources_.end()) return known->second;
  // Without a choice of realms their names come from whoever asks.
  if (sources_.size() >= max_realms) sources_.clear();
  auto source = std::make_shared<locate::RealmSource>();
  source->realm = realm;
  source->derived = true;
  source->discovery = locate::Discovery::dns;
  source->dns_domain = realm;
  std::transform(source->dns_domain.begin(), source->dns_domain.end(), source->dns_domain.begin(),
                 ascii_lower);
  source->dns_allow_networks = options_.dns_allow_networks;
  return sources_[key] = source;
}

asio::awaitable<exchange::Outcome> Relay::ask_directly(const kerberos::Request& request, std::string realm) {
  exchange::Outcome outcome;
  const std::string key = upper(realm);
  if (const auto until = not_direct_until_.find(key); until != not_direct_until_.end()) {
    if (Clock::now() < until->second) co_return outcome;
    not_direct_until_.erase(until);
  }
  const auto deadline = Clock::now() + options_.direct_time;
  locate::Query query;
  query.service =
      request.kind == kerberos::RequestKind::kpasswd ? discovery::Service::kpasswd : discovery::Service::kdc;
  query.armored = request.armored();
  const auto located = co_await locator_.locate(source_of(realm), query, deadline);
  if (located.kdcs && !located.kdcs->empty())
    outcome = co_await exchanger_.exchange(request, located.kdcs, deadline);
  if (outcome.status != exchange::Status::answered) {
    if (not_direct_until_.size() >= max_realms) not_direct_until_.clear();
    not_direct_until_[key] = Clock::now() + no_direct_time;
  }
  co_return outcome;
}

// A KDC that is not available has given no answer.
void Relay::take_direct(const kerberos::Request& request, const exchange::Outcome& outcome, RelayEvent& event,
                        Ending& ending) {
  const auto& reply = outcome.reply;
  const bool answered = outcome.status == exchange::Status::answered;
  if (answered && reply.error_code != kerberos::error_code::service_unavailable) {
    ending.reply.assign(reply.bytes.begin(), reply.bytes.end());
    event.to = outcome.kdc->name.empty() ? outcome.kdc->address.to_string() : outcome.kdc->name;
  } else if (outcome.tries > 0 && !request.repeatable()) {
    ending.may_go_on = false;
    ending.may_have_arrived = true;
    event.result = fmt::format("the KDC that was asked directly {}, and this message must not be sent twice",
                               answered ? "is not available" : "did not answer");
  }
}

void Relay::take(client::Result result, RelayEvent& event, Ending& ending) {
  event.result = std::move(result.cause);  // which names the gateways itself
  ending.may_have_arrived |= result.may_have_arrived;
  if (result.status == client::Status::success) {
    event.to = std::move(result.gateway);
    ending.reply = std::move(result.message);
  }
  if (result.status == client::Status::firewall_failed) ending.error = kerberos::error_code::policy;
  if (result.status == client::Status::bad_message) ending.error = kerberos::error_code::generic;
}

asio::awaitable<Message> Relay::bring(const Message& message, const kerberos::Request& request) {
  const auto begun = Clock::now();
  RelayEvent event;
  event.type = kerberos::name(request.kind);
  event.realm = kerberos::realm_of(request);
  Ending ending;
  const auto client = client_of(event.realm);
  if (!client) {
    ending.may_go_on = false;
    ending.error = kerberos::error_code::wrong_realm;
    event.result = "this forwarder does not serve the realm";
  } else if (options_.direct_first) {
    const auto outcome = co_await ask_directly(request, event.realm);
    take_direct(request, outcome, event, ending);
  }
  if (ending.reply.empty() && ending.may_go_on) {
    auto result = co_await client->proxy_message(message, event.realm);
    take(std::move(result), event, ending);
  }
  event.answered = !ending.reply.empty();
  const bool may_have_changed = request.kind == kerberos::RequestKind::kpasswd && ending.may_have_arrived;
  if (event.answered) {
    event.result = describe(ending.reply, request.kind);
  } else if (ending.error != 0 || may_have_changed) {
    const std::int32_t error = ending.error != 0 ? ending.error : kerberos::error_code::generic;
    ending.reply =
        kerberos::make_error_reply(request.kind, {error, event.realm, event.result, std::time(nullptr)});
  }
  event.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
  if (observer_) observer_(event);
  co_return std::move(ending.reply);
}

asio::awaitable<Message> Relay::answer(Message message) {
  const auto request = kerberos::parse_request(message);
  if (!request) co_return Message();
  bool is_new = false;
  const auto exchange = answers_.of(message, is_new);
  if (!exchange) co_return Message();
  ++pending_;
  if (is_new) {
    Message reply;
    try {
      reply = co_await bring(message, *request);
    } catch (const std::exception&) {
      // Out of memory: the client asks again. Those that wait for the same answer must not wait for ever.
    }
    answers_.finish(*exchange, std::move(reply));
  } else {
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    while (!exchange->finished) co_await exchange->ended.async_wait(token);
  }
  --pending_;
  co_return exchange->reply;
}

}  // namespace ferryman::forward
