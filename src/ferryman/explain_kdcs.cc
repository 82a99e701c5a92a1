#include "ferryman/explain_kdcs.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "base/text.h"
#include "exchange/health_check.h"
#include "kerberos/request.h"
#include "net/listen_socket.h"

namespace ferryman {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::seconds;
constexpr seconds lookup_time{5}, answer_time{5}, transport_time{3};
constexpr std::size_t most_told = 4;

std::shared_ptr<const locate::RealmSource> source_of(const std::string& realm,
                                                     const client::Options& options) {
  auto source = std::make_shared<locate::RealmSource>();
  source->realm = realm;
  source->discovery = locate::Discovery::krb5;
  source->krb5_conf = options.krb5_conf.empty() ? "/etc/krb5.conf" : options.krb5_conf;
  source->dns_fallback = options.dns;
  source->dns_domain = realm;
  std::transform(source->dns_domain.begin(), source->dns_domain.end(), source->dns_domain.begin(),
                 ascii_lower);
  return source;
}

}  // namespace

KdcCaller::KdcCaller(const client::Options& options)
    : client_(options),
      resolver_(io_, options.dns_servers),
      locator_(resolver_),
      exchanger_(io_, exchange::Options()) {}

template <typename T>
T KdcCaller::wait_for(asio::awaitable<T> task) {
  std::optional<T> result;
  asio::co_spawn(io_, std::move(task), [&result](const std::exception_ptr& error, T value) {
    if (error) std::rethrow_exception(error);
    result = std::move(value);
  });
  io_.restart();
  while (!result && io_.run_one() > 0) {
  }
  return std::move(*result);
}

const KdcCaller::Way& KdcCaller::way_to(const std::string& realm) {
  const auto known = ways_.find(realm);
  if (known != ways_.end()) return known->second;
  Way way;
  const client::Gateways found = client_.gateways_of(realm, discovery::Service::kdc);
  way.gateways = found.urls;
  way.source = found.source;
  if (way.gateways.empty()) {
    const auto located =
        wait_for(locator_.locate(source_of(realm, client_.options()), {}, Clock::now() + lookup_time));
    way.kdcs = located.kdcs;
    if (!way.kdcs || way.kdcs->empty())
      way.why_none = fmt::format("no gateway, {}; no KDC, {}", way.source,
                                 located.why.empty() ? "none is named" : located.why);
  }
  return ways_.emplace(realm, std::move(way)).first->second;
}

KdcCaller::Answer KdcCaller::ask(const std::string& realm, Bytes message) {
  const Way& way = way_to(realm);
  if (!way.why_none.empty()) return {{}, {}, way.why_none};
  if (way.gateways.empty()) return ask_directly(way, realm, message);
  client::Result result = client_.proxy_message(message, realm, 0);
  Answer answer{std::move(result.message), std::move(result.gateway), std::move(result.cause)};
  answer.policy_refused = result.status == client::Status::firewall_failed;
  return answer;
}

KdcCaller::Answer KdcCaller::ask_directly(const Way& way, const std::string& realm, Bytes message) {
  const auto request = kerberos::parse_request(message);
  if (!request) return {{}, {}, "the message has no encoding"};
  const exchange::Outcome outcome =
      wait_for(exchanger_.exchange(*request, way.kdcs, Clock::now() + answer_time));
  Answer answer;
  if (outcome.status == exchange::Status::answered) {
    answer.message.assign(outcome.reply.bytes.begin(), outcome.reply.bytes.end());
    answer.by = fmt::format("{} ({})", net::peer_name({outcome.kdc->address, outcome.kdc->port}),
                            outcome.transport == discovery::Transport::udp ? "UDP" : "TCP");
    return answer;
  }
  for (std::size_t i = 0; i < std::min(way.kdcs->size(), most_told); ++i)
    answer.trouble += (i == 0 ? "" : "; ") + look_at_transports((*way.kdcs)[i], realm);
  return answer;
}

std::string KdcCaller::look_at_transports(const discovery::Kdc& kdc, const std::string& realm) {
  const auto message = exchange::health_check_request(realm);
  const auto request = kerberos::parse_request(message);
  std::string text = net::peer_name({kdc.address, kdc.port}) + ": ";
  const char* separator = "";
  for (const auto transport : {discovery::Transport::tcp, discovery::Transport::udp}) {
    if (!request || (kdc.transport != discovery::Transport::any && kdc.transport != transport)) continue;
    discovery::Kdc one = kdc;
    one.transport = transport;
    const auto only = std::make_shared<const std::vector<discovery::Kdc>>(1, std::move(one));
    const exchange::Outcome outcome =
        wait_for(exchanger_.exchange(*request, only, Clock::now() + transport_time));
    const bool is_udp = transport == discovery::Transport::udp;
    text += fmt::format("{}{} {}", separator, is_udp ? "UDP" : "TCP",
                        outcome.status == exchange::Status::answered   ? "answers"
                        : outcome.status == exchange::Status::deadline ? "is silent"
                                                                       : "is closed");
    separator = ", ";
  }
  return text;
}

}  // namespace ferryman
