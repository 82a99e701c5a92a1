// What the log hears of beside the requests: lookups, the health of KDCs, the way to ferryman-realm,
// connections.
#include <openssl/sslerr.h>

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "gateway/event_record.h"
#include "gateway/gateway.h"
#include "gateway/pending_request.h"
#include "kerberos/numbers.h"
#include "locate/ad.h"
#include "net/endpoint_name.h"

namespace ferryman::gateway {
namespace {

// KPSSVC's event ids (Microsoft-Windows-Kerberos-KdcProxy/Operational).
constexpr std::string_view event_rediscover = "306", event_rediscovered = "309";
constexpr std::string_view event_client_certificate_required = "401";
constexpr std::string_view event_client_certificate_invalid = "402";

std::string endpoint_name(const discovery::Kdc& kdc) {
  return std::string(net::EndpointName(kdc.address, kdc.port).view());
}

}  // namespace

// What any stranger can bring about as often as he likes is counted once it comes too fast; the next line
// that is written says how many were not.
bool Gateway::may_log_flood() {
  constexpr std::uint32_t lines_per_second = 100, burst = 1000;
  if (flood_lines_.take(0, Rate::per_second(lines_per_second, burst), std::chrono::steady_clock::now()))
    return true;
  ++unlogged_;
  return false;
}

void Gateway::count(local::Transport transport) {
  switch (transport) {
    case local::Transport::kkdcp:
      ++counts_.kkdcp;
      break;
    case local::Transport::udp:
      ++counts_.udp;
      break;
    case local::Transport::tcp:
      ++counts_.tcp;
      break;
  }
}

void Gateway::on_rediscovery(const locate::RealmSource& source, discovery::Service service) {
  ++counts_.rediscoveries;
  if (!may_log_flood()) return;
  log_.write(telemetry::Level::warning, "rediscovering KDCs",
             {{"event_id", event_rediscover}, {"realm", source.realm}, {"service", name(service)}});
}

void Gateway::on_located(const locate::LookupEnd& end) {
  ++counts_.lookups;
  if (!end.why.empty()) ++counts_.failed_lookups;
  const bool tell = end.changed || end.rediscovery || end.list.empty();
  if (!tell || !may_log_flood()) return;
  const std::string_view service = name(end.service), realm = end.source.realm;
  if (end.list.empty()) {
    const std::string required = discovery::ds_flag_names(end.wanted.required);
    log_.write(telemetry::Level::warning, "no KDC located",
               {{"realm", realm}, {"service", service}, {"reason", end.why}, {"required", required}});
    return;
  }
  std::string kdcs;
  for (const locate::Candidate& candidate : end.list)
    kdcs += (kdcs.empty() ? "" : ",") + endpoint_name(candidate.kdc);
  if (end.rediscovery) {
    log_.write(telemetry::Level::info, "rediscovered KDCs",
               {{"event_id", event_rediscovered}, {"realm", realm}, {"service", service}, {"kdcs", kdcs}});
  } else {
    // Every worker finds the same: one of them tells at the level that is usually logged.
    log_.write(worker_ == 0 ? telemetry::Level::info : telemetry::Level::debug, "located KDCs",
               {{"realm", realm}, {"service", service}, {"kdcs", kdcs}});
  }
}

void Gateway::on_candidate(const locate::RealmSource& source, const locate::DomainController& dc,
                           std::string_view verdict) {
  const std::string address = dc.candidate.kdc.address.to_string();
  const auto& reply = dc.ping.reply;
  const std::string flags = reply ? discovery::ds_flag_names(reply->flags) : "";
  log_.write(telemetry::Level::debug, "domain controller",
             {{"realm", source.realm},
              {"name", dc.candidate.kdc.name},
              {"address", address},
              {"result", verdict.empty() ? "suitable" : verdict},
              {"flags", flags},
              {"site", reply ? std::string_view(reply->dc_site) : std::string_view()},
              {"ping_us", std::to_string(dc.ping.took.count())}});
}

void Gateway::on_kdc_change(const discovery::Kdc& kdc, bool serves) {
  if (!may_log_flood()) return;
  const std::string endpoint = endpoint_name(kdc);
  log_.write(serves ? telemetry::Level::info : telemetry::Level::warning,
             serves ? "KDC serves again" : "KDC set aside",
             {{"kdc", endpoint},
              {"name", kdc.name},
              {"transport", transport_name(kdc.transport)},
              {"worker", std::to_string(worker_)}});
}

void Gateway::on_realm_change(const exchange::RealmChange& change) {
  const std::string worker = std::to_string(worker_);
  if (change.answers)
    return log_.write(telemetry::Level::info, "ferryman-realm answers again", {{"worker", worker}});
  if (!may_log_flood()) return;
  log_.write(telemetry::Level::error, "ferryman-realm does not answer",
             {{"socket", change.socket},
              {"cause", change.cause},
              {"lost", std::to_string(change.lost)},
              {"worker", worker}});
}

// A client cannot bring it about who writes the realm as it is declared: the declaration is wrong. Told once.
void Gateway::tell_no_tenant(const PendingRequest& pending) {
  const Realm& realm = *pending.realm;
  const kerberos::Reply& reply = pending.outcome.reply;
  if (!realm.is_local() || pending.of_tenant || pending.outcome.status != exchange::Status::answered ||
      reply.kind != kerberos::ReplyKind::krb_error || reply.error_code != kerberos::error_code::wrong_realm ||
      pending.request->realm() != realm.name || !without_tenant_.insert(realm.name).second)
    return;
  constexpr std::string_view why =
      "there is no such tenant, or it is of another realm: \"ferryman realm tenant list\" shows all";
  log_.write(telemetry::Level::warning, "ferryman-realm does not serve the realm",
             {{"realm", realm.name},
              {"tenant", realm.tenant.empty() ? "(default)" : std::string_view(realm.tenant)},
              {"cause", why},
              {"worker", std::to_string(worker_)}});
}

void Gateway::on_exhausted(int cause) {
  if (cause == 0) return log_.write(telemetry::Level::warning, "connections are accepted again");
  exchanger_.release_sockets();
  const std::string text = std::generic_category().message(cause);
  log_.write(telemetry::Level::error, "no connection can be accepted", {{"cause", text}});
}

void Gateway::on_violation(const net::Peer& peer, http::Version version, unsigned status,
                           std::string_view reason) {
  ++counts_.events[static_cast<std::size_t>(EventKind::http_violation)];
  counts_.figures.count_violation(status, reason);
  const bool logged = may_log_flood(), watched = shared_.traces.watched();
  if (!logged && !watched) return;
  RequestEvent event;
  event.kind = EventKind::http_violation;
  event.client = peer.address;
  event.tls = peer.tls_version;
  event.http = http::name(version);
  event.protocol = protocol_name(peer.transport);
  event.status = status;
  event.reason = reason;
  if (watched) shared_.traces.tell(event, {});
  if (!logged) return;
  event.unlogged = std::exchange(unlogged_, 0);
  write(log_, event);
}

void Gateway::on_unused(const net::Peer& peer) {
  ++counts_.unused_connections;
  if (!log_.writes(telemetry::Level::debug)) return;
  log_.write(telemetry::Level::debug, "connection without a request",
             {{"client", peer.address}, {"tls", peer.tls_version}});
}

// Told once: the proxy's configuration is wrong, and nothing a client sends brings it about.
void Gateway::on_unnamed_client(const net::Peer& peer) {
  if (counts_.unnamed_clients++ != 0) return;
  log_.write(telemetry::Level::warning,
             "a trusted proxy does not say who its client is, so it counts as the client",
             {{"proxy", peer.address}, {"worker", std::to_string(worker_)}});
}

void Gateway::on_handshake(const net::Peer& peer, bool resumed) {
  Figures& figures = counts_.figures;
  (resumed ? figures.resumptions : figures.handshakes).add(peer.tls_version);
}

void Gateway::on_handshake_failure(const net::Peer& peer, int code, std::string_view reason) {
  counts_.figures.failed_handshakes.add(handshake_fault(code, reason));
  if (!may_log_flood()) return;
  std::string_view event_id;
  if (code == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) event_id = event_client_certificate_required;
  if (code == SSL_R_CERTIFICATE_VERIFY_FAILED) event_id = event_client_certificate_invalid;
  if (event_id.empty()) {
    log_.write(telemetry::Level::info, "TLS handshake failed",
               {{"client", peer.address}, {"reason", reason}});
  } else {
    log_.write(telemetry::Level::warning, "client certificate refused",
               {{"event_id", event_id}, {"client", peer.address}, {"reason", reason}});
  }
}

}  // namespace ferryman::gateway
