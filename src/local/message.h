#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::local {

// What crosses between ferrymand and ferryman-realm. Requests are views of octets that somebody else owns;
// ferryman-realm believes none of them more than it would believe the client.

// A field of an HTTP message. Names are tokens in any case, values hold no control characters but the tab
// (RFC 9110 5.5), so that neither can end its line.
struct Field {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const Field&, const Field&) = default;
};

// An HTTP request whose path belongs to the realm.
struct HttpRequest {
  std::string_view id;      // of the request in ferrymand's log, so that both programs' events join
  std::string_view client;  // address and port as ferrymand's log has them
  std::string_view method;
  std::string_view path;   // as it stood in the request: not decoded, without the query
  std::string_view query;  // what stood behind '?'
  std::vector<Field> fields;
  Bytes client_certificate;  // DER; only that the client has its key is verified; empty: none was shown
  Bytes body;
};

// Its answer.
struct HttpResponse {
  struct OwnedField {
    std::string name;
    std::string value;
    friend bool operator==(const OwnedField&, const OwnedField&) = default;
  };
  std::uint16_t status = 200;
  std::vector<OwnedField> fields;  // without Content-Length, Connection and others that frame a message
  std::string body;

  friend bool operator==(const HttpResponse&, const HttpResponse&) = default;
};

// How a Kerberos message came to ferrymand.
enum class Transport : std::uint8_t { kkdcp = 1, udp = 2, tcp = 3 };
std::string_view name(Transport transport);

// A Kerberos or kpasswd message, without the length that stands before it over TCP.
struct KerberosRequest {
  std::string_view id;
  std::string_view client;
  Transport transport = Transport::kkdcp;
  std::string_view tenant;  // of the path, or of the realm's declaration; empty: the realm tells
  std::string_view realm;   // which ferrymand served it as; empty: the tenant tells
  Bytes message;
};

// Its answer; empty: nothing is to go back, and over TCP the connection ends.
struct KerberosReply {
  Bytes message;
};

// Why a request was not looked at. It may be asked anew.
enum class Refusal : std::uint8_t {
  busy = 1,    // too many wait already
  failed = 2,  // it could not be carried out, or the answer does not fit
};
std::string_view name(Refusal refusal);

// Asks what ferryman-realm has done; nothing is in it.
struct StatusRequest {};

// What it has done since its start, and what waits now.
struct Status {
  enum class Kind : std::uint8_t { as_req = 1, tgs_req = 2, kpasswd = 3, sign_in = 4 };
  // Requests of one kind that ended in one way.
  struct Result {
    Kind kind = Kind::as_req;
    // Of the KRB-ERROR or, for kpasswd, RFC 3244's result, 0: it was done. For sign_in the HTTP status.
    std::int32_t code = 0;
    std::uint64_t count = 0;
    friend bool operator==(const Result&, const Result&) = default;
  };
  std::vector<Result> results;
  std::uint64_t malformed = 0;  // Kerberos messages that were none
  std::uint64_t sign_in = 0;    // HTTP requests
  std::uint64_t lock_outs = 0;  // of accounts, by one wrong key too many
  std::uint64_t busy = 0;       // requests that were refused as too many waited
  std::uint64_t directory = 0;  // failures of the directory, at requests and by itself
  std::uint32_t waiting = 0;    // requests without a thread
  std::uint32_t dear = 0;       // changes of passwords that wait for their turn, besides
  std::uint32_t connections = 0;

  friend bool operator==(const Status&, const Status&) = default;
};
std::string_view name(
    Status::Kind kind);  // "AS-REQ", "TGS-REQ", "KPASSWD", "SIGN-IN"; empty: there is no such

// The payload of a frame as one of the above, or the first fault: truncated, trailing_bytes,
// length_too_large, too_many, bad_string, wrong_value. Everything is held against limits.h.
Result<HttpRequest> parse_http_request(Bytes payload);
Result<HttpResponse> parse_http_response(Bytes payload);
Result<KerberosRequest> parse_kerberos_request(Bytes payload);
Result<KerberosReply> parse_kerberos_reply(Bytes payload);
Result<Refusal> parse_refusal(Bytes payload);
Result<StatusRequest> parse_status_request(Bytes payload);
Result<Status> parse_status(Bytes payload);

// Append a payload. False, and nothing is appended, when parse_* would not take it.
using Octets = std::vector<std::uint8_t>;
[[nodiscard]] bool append(Octets& out, const HttpRequest& request);
[[nodiscard]] bool append(Octets& out, const HttpResponse& response);
[[nodiscard]] bool append(Octets& out, const KerberosRequest& request);
[[nodiscard]] bool append(Octets& out, const KerberosReply& reply);
[[nodiscard]] bool append(Octets& out, Refusal refusal);
[[nodiscard]] bool append(Octets& out, const StatusRequest& request);
[[nodiscard]] bool append(Octets& out, const Status& status);

}  // namespace ferryman::local
