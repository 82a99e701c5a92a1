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
  Bytes client_certificate;  // DER, not verified; empty: none was shown
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

// The payload of a frame as one of the above, or the first fault: truncated, trailing_bytes,
// length_too_large, too_many, bad_string, wrong_value. Everything is held against limits.h.
Result<HttpRequest> parse_http_request(Bytes payload);
Result<HttpResponse> parse_http_response(Bytes payload);
Result<KerberosRequest> parse_kerberos_request(Bytes payload);
Result<KerberosReply> parse_kerberos_reply(Bytes payload);
Result<Refusal> parse_refusal(Bytes payload);

// Append a payload. False, and nothing is appended, when parse_* would not take it.
using Octets = std::vector<std::uint8_t>;
[[nodiscard]] bool append(Octets& out, const HttpRequest& request);
[[nodiscard]] bool append(Octets& out, const HttpResponse& response);
[[nodiscard]] bool append(Octets& out, const KerberosRequest& request);
[[nodiscard]] bool append(Octets& out, const KerberosReply& reply);
[[nodiscard]] bool append(Octets& out, Refusal refusal);

}  // namespace ferryman::local
