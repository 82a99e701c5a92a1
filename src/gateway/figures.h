#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "gateway/event.h"
#include "gateway/latencies.h"
#include "gateway/tally.h"
#include "http/session.h"

namespace ferryman::gateway {

// What is counted apart. Words are those of events (RequestEvent::reason); a word that is new there and not
// here counts as "other".
inline constexpr std::array<std::string_view, 4> refusing_rules{"message_type", "unarmored_password",
                                                                "principal_failures", "client_failures"};
inline constexpr std::array<std::string_view, 7> limits{
    "max_connections",     "idle_made_room", "client_connections", "client_connection_rate",
    "client_request_rate", "max_in_flight",  "most_datagrams"};
inline constexpr std::array<std::string_view, 24> message_faults{
    "truncated",         "trailing_bytes",     "wrong_tag",        "missing_field",
    "indefinite_length", "non_minimal_length", "length_too_large", "non_minimal_integer",
    "integer_range",     "bad_string",         "bad_time",         "too_deep",
    "too_many",          "wrong_value",        "wrong_realm",      "unknown_message",
    "no_space",          "bad_integrity",      "unsupported",      "no_target_domain",
    "realm_mismatch",    "invalid_flags",      "no_realm",         "field_too_long"};
inline constexpr std::array<std::string_view, 24> http_faults{"path",
                                                              "method",
                                                              "bad_request",
                                                              "http_version",
                                                              "bad_http2",
                                                              "header_timeout",
                                                              "header_too_large",
                                                              "too_many_fields",
                                                              "obs_fold",
                                                              "host",
                                                              "expect",
                                                              "content_length",
                                                              "ambiguous_length",
                                                              "no_length",
                                                              "transfer_encoding",
                                                              "body_timeout",
                                                              "body_too_large",
                                                              "empty_message",
                                                              "realm_unfit",
                                                              "flood",
                                                              "out_of_memory",
                                                              "bad_proxy_header",
                                                              "untrusted_proxy",
                                                              "response_header_too_large"};
inline constexpr std::array<std::string_view, 9> handshake_faults{
    "timeout",
    "no_client_certificate",
    "bad_client_certificate",
    "server_certificate_refused",  // by the client: it knows not our authority, or another name
    "version",                     // below minimum_version
    "no_common_parameters",        // cipher, group or signature algorithm
    "plain_http",                  // at a TLS listener
    "not_tls",
    "alert",  // another one of the client's
};
inline constexpr std::array<unsigned, 22> statuses{200, 201, 204, 302, 303, 304, 400, 401, 403, 404, 405,
                                                   408, 409, 411, 413, 415, 429, 431, 500, 501, 503, 504};
inline constexpr std::array<http::Version, 3> versions{http::Version::http10, http::Version::http11,
                                                       http::Version::http2};
inline constexpr std::array<std::string_view, 2> tls_versions{"TLSv1.2", "TLSv1.3"};

// The handshake's fault, by OpenSSL's reason code and, where there is none, its words.
std::string_view handshake_fault(int code, std::string_view reason);

// What one gateway counts of its requests and connections beside their events: plain numbers, as only its
// worker writes them.
struct Figures {
  // Of requests that waited for a lookup; that were passed on, at the KDC or ferryman-realm; of the same from
  // their arrival to their answer; of sign-ins.
  Latencies locate, exchange, total, sign_in;
  Tally<versions> requests;      // of HTTP
  Tally<statuses> responses;     // the same
  std::uint64_t unanswered = 0;  // the client had gone, or was told nothing
  Tally<refusing_rules> refusals;
  Tally<limits> limited;
  Tally<message_faults> malformed;
  Tally<http_faults> http_violations;
  Tally<tls_versions> handshakes, resumptions;  // full, and with a ticket
  Tally<handshake_faults> failed_handshakes;

  // A request that has ended.
  void count(const RequestEvent& event, http::Version version);
  // What the HTTP session answered by itself; status 0: a connection or datagram that was not let in.
  void count_violation(unsigned status, std::string_view reason);
  Figures& operator+=(const Figures& other);

 private:
  void count_reason(EventKind kind, std::string_view reason);
};

}  // namespace ferryman::gateway
