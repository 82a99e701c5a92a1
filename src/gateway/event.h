#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kerberos/reply.h"
#include "kerberos/request.h"
#include "telemetry/event_info.h"
#include "telemetry/level.h"

namespace ferryman::gateway {

enum class EventKind : std::uint8_t {
  exchange,   // answered by a KDC, KRB-ERROR included
  malformed,  // not a KDC-PROXY-MESSAGE, not Kerberos, no target-domain, realms disagree
  realm_not_served,
  refused,  // by policy
  throttled,
  no_kdc,  // no KDC answered, or not in time
  overload,
  http_violation,  // the HTTP session answered by itself: 404, 405, 408, 413, ...
  sign_in,         // an HTTP request that ferryman-realm answered
  no_realm,        // one that it did not answer, or not in time
};

inline constexpr std::size_t event_kinds = 10;

const telemetry::EventInfo& info(EventKind kind);
std::string_view name(EventKind kind);
telemetry::Level level(EventKind kind);  // at which such an event is logged

// One event per request, made once it has ended. Views: formatted before the call returns. Absent parts
// (empty, nullptr, 0) are left out of the line. Never holds key material or ticket bytes. A word is one of
// ours, of letters, digits and "-./"; everything else is escaped.
struct RequestEvent {
  static constexpr std::size_t max_path = 100;
  // What the client sent: an HTTP body, or a message without the length that TCP puts before it; what the KDC
  // sent.
  static constexpr std::string_view offset_in_request = "request", offset_in_answer = "answer";

  EventKind kind = EventKind::exchange;
  unsigned event_id = 0;                       // KPSSVC's (400 request received, 103, 404, ...); 0: none
  std::string_view id;                         // a word, unique in this process
  std::string_view client;                     // address:port
  std::string_view tls;                        // a word, "TLSv1.3"; empty on plain listeners
  std::string_view http;                       // a word, "HTTP/2"
  std::string_view protocol;                   // a word, "kerberos/udp", "kerberos/tcp"; empty: HTTP
  unsigned status = 0;                         // HTTP status sent; 0: connection dropped or client gone
  std::int32_t error = 0;                      // of a KRB-ERROR that was sent in place of a KDC's answer
  const kerberos::Request* request = nullptr;  // type, realm, cname, sname, padata, etypes, armored
  std::string_view method, path;               // of a request that was not for us; at most max_path octets
  std::string_view tenant;                     // of ferryman-realm's, that the path names
  std::string_view target_domain;
  std::optional<std::uint32_t> hint;       // dclocator-hint
  const kerberos::Reply* reply = nullptr;  // result: message type or KRB-ERROR by name
  std::string_view kdc;                    // address:port
  std::string_view transport;              // a word, "udp", "tcp"
  unsigned tries = 0;
  bool hedged = false;                  // a KDC was asked while another was still silent
  bool rediscovered = false;            // asked again at KDCs that a new lookup found
  std::string_view reason;              // fixed word: rule, fault name, cause
  std::optional<std::uint32_t> offset;  // of a fault, in octets from the start of what offset_in names
  std::string_view offset_in;           // offset_in_request, offset_in_answer
  std::string_view trace_id,
      client_request_id;       // words, of the client's header fields (local/trace_context.h)
  std::uint64_t unlogged = 0;  // events of a flood before this one that were only counted
  std::uint32_t locate_us = 0, exchange_us = 0, total_us = 0;
};

}  // namespace ferryman::gateway
