#include "gateway/event.h"

namespace ferryman::gateway {

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::exchange:
      return "exchange";
    case EventKind::malformed:
      return "malformed";
    case EventKind::realm_not_served:
      return "realm_not_served";
    case EventKind::refused:
      return "refused";
    case EventKind::throttled:
      return "throttled";
    case EventKind::no_kdc:
      return "no_kdc";
    case EventKind::overload:
      return "overload";
    case EventKind::http_violation:
      return "http_violation";
    case EventKind::sign_in:
      return "sign_in";
    case EventKind::no_realm:
      return "no_realm";
  }
  return {};
}

// What the Internet sends by itself is no warning; what a user of a served realm runs into is.
telemetry::Level level(EventKind kind) {
  switch (kind) {
    case EventKind::exchange:
    case EventKind::http_violation:
    case EventKind::sign_in:
      return telemetry::Level::info;
    case EventKind::malformed:
    case EventKind::realm_not_served:
    case EventKind::refused:
    case EventKind::throttled:
    case EventKind::no_kdc:
    case EventKind::overload:
    case EventKind::no_realm:
      return telemetry::Level::warning;
  }
  return telemetry::Level::info;
}

}  // namespace ferryman::gateway
