#include "gateway/event_table.h"

#include "gateway/event.h"

namespace ferryman::gateway {
namespace {

using telemetry::EventInfo;
using telemetry::Level;

// Beside what a kind of event is in any case: ids that some of its lines have.
constexpr EventInfo with_ids[] = {
    {"refused", Level::warning, 403,
     "So many logons of this account, or of this client, have failed that further ones are not let through.",
     "Wait for failure_window to pass; many at once: somebody guesses passwords."},
    {"refused", Level::warning, 404, "A password would go to the KDC outside FAST.",
     "Let the client use FAST, PKINIT or a smart card; allow_unarmored_password = true where it cannot."},
};

constexpr EventInfo sentences[] = {
    {"rediscovering KDCs", Level::warning, 306,
     "No KDC that is known has answered; the realm's are looked up anew.",
     "See \"KDC set aside\" lines for which."},
    {"rediscovered KDCs", Level::info, 309, "That lookup has found KDCs.", ""},
    {"located KDCs", Level::info, 0, "A realm's KDCs were found, or are others than before.", ""},
    {"no KDC located", Level::warning, 0, "A lookup has found none; reason says why.",
     "ferryman locate REALM at this host; DNS, or kdc of the realm."},
    {"domain controller", Level::debug, 0, "A domain controller was pinged; result says whether it will do.",
     ""},
    {"KDC set aside", Level::warning, 0, "A KDC does not answer by this transport; others are asked first.",
     "The KDC, or what is between: UDP may be dropped where TCP passes."},
    {"KDC serves again", Level::info, 0, "It has answered.", ""},
    {"ferryman-realm does not answer", Level::error, 0,
     "Its socket cannot be reached or has ended; cause says how.",
     "systemctl status ferryman-realm; [local] of ferryman.toml."},
    {"ferryman-realm answers again", Level::info, 0, "It does.", ""},
    {"ferryman-realm does not serve the realm", Level::warning, 0,
     "A realm is declared with a tenant that there is none of, or that is of another realm.",
     "ferryman realm tenant list; then tenant of the realm in ferryman.toml."},
    {"a trusted proxy does not say who its client is, so it counts as the client", Level::warning, 0,
     "Told once by each worker: a request from trusted_proxies has not the header field that the [[listen]] "
     "asks for.",
     "Let the proxy set it; until then its clients share one client's limits."},
    {"no connection can be accepted", Level::error, 0, "Descriptors or memory have run out.",
     "LimitNOFILE= of the unit; max_connections."},
    {"connections are accepted again", Level::warning, 0, "There are some again.", ""},
    {"connection without a request", Level::debug, 0, "A client has gone without one, as load balancers do.",
     ""},
    {"TLS handshake failed", Level::info, 0, "Something was wrong with it; reason is OpenSSL's.",
     "A client that does not trust the certificate, or knows no TLS 1.2."},
    {"client certificate refused", Level::warning, 401, "A client has shown none where one is required.",
     "Give the client one, or client_certificates = \"optional\"."},
    {"client certificate refused", Level::warning, 402, "It does not come from client_ca, or has ended.",
     "ferryman probe --certificate FILE, and client_ca."},
    {"a request ended for want of memory", Level::error, 0, "It was given up; others go on.",
     "MemoryMax= of the unit; max_connections, max_in_flight."},
};

}  // namespace

std::vector<EventInfo> event_table() {
  std::vector<EventInfo> all;
  for (std::size_t kind = 0; kind < event_kinds; ++kind) all.push_back(info(static_cast<EventKind>(kind)));
  all.insert(all.end(), std::begin(with_ids), std::end(with_ids));
  all.insert(all.end(), std::begin(sentences), std::end(sentences));
  return all;
}

}  // namespace ferryman::gateway
