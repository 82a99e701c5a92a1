#include "gateway/event.h"

#include <array>

namespace ferryman::gateway {
namespace {

using telemetry::EventInfo;
using telemetry::Level;

// By EventKind. What the Internet sends by itself is no warning; what a user of a served realm runs into is.
constexpr std::array<EventInfo, event_kinds> kinds{{
    {"exchange", Level::info, 0,
     "A KDC has answered, by a ticket or a KRB-ERROR, which result names. KPSSVC has 400 for each request.",
     ""},
    {"malformed", Level::warning, 0,
     "The request is no KDC-PROXY-MESSAGE, no Kerberos, names no realm or two of them; reason and offset say "
     "what.",
     "A client that is broken or no Kerberos client: ferryman decode shows the message in a capture."},
    {"realm_not_served", Level::warning, 0, "No realm of the configuration has that name.",
     "Declare the realm in [realms], or set the client right that asks for it here."},
    {"refused", Level::warning, 0, "The realm's policy does not let this kind of request in.",
     "See the realm's policy in ferryman.toml(5)."},
    {"throttled", Level::warning, 0,
     "The client has sent more requests than client_requests_per_second allows.",
     "Many clients behind one address: client_exempt, or larger limits."},
    {"no_kdc", Level::warning, 103, "No KDC was found or none answered in time; reason says which.",
     "ferryman locate REALM at this host; then the way to the KDC, UDP and TCP, port 88 (464)."},
    {"overload", Level::warning, 0, "There are more requests under way than max_in_flight.",
     "KDCs that answer slowly are the usual cause; see exchange_us of other lines."},
    {"http_violation", Level::info, 0,
     "The request was answered by HTTP alone: another path or method, too large, too slow, against its "
     "rules.",
     ""},
    {"sign_in", Level::info, 0, "ferryman-realm has answered an HTTP request; its own log has the same id.",
     ""},
    {"no_realm", Level::warning, 0, "ferryman-realm did not answer an HTTP request, or not in time.",
     "Is ferryman-realm.service running, and [local] right? See \"ferryman-realm does not answer\"."},
}};

}  // namespace

const EventInfo& info(EventKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}

std::string_view name(EventKind kind) {
  return info(kind).name;
}

Level level(EventKind kind) {
  return info(kind).level;
}

}  // namespace ferryman::gateway
