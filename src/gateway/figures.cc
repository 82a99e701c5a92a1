#include "gateway/figures.h"

#include <openssl/sslerr.h>

namespace ferryman::gateway {
namespace {

bool is_limit(std::string_view reason) {
  return Tally<limits>::find(reason) != Tally<limits>::others;
}

bool is_refused_certificate(int code) {
  switch (code) {
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string_view handshake_fault(int code, std::string_view reason) {
  constexpr int first_alert = 1000;  // SSL_AD_REASON_OFFSET
  if (is_refused_certificate(code)) return "server_certificate_refused";
  switch (code) {
    case 0:
      return reason;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "no_client_certificate";
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return "bad_client_certificate";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "version";
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
      return "no_common_parameters";
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return "plain_http";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_BAD_RECORD_TYPE:
      return "not_tls";
    default:
      return code > first_alert ? "alert" : reason;
  }
}

void Figures::count(const RequestEvent& event, http::Version version) {
  if (version != http::Version::none) {
    requests.add(version);
    if (event.status == 0) ++unanswered;
    if (event.status != 0) responses.add(event.status);
  }
  if (event.kind == EventKind::sign_in) return sign_in.add(event.total_us);
  if (event.locate_us > 0) locate.add(event.locate_us);
  if (event.exchange_us > 0) exchange.add(event.exchange_us);
  if (event.kind == EventKind::exchange || event.kind == EventKind::no_kdc) total.add(event.total_us);
  if (event.kind != EventKind::exchange) count_reason(event.kind, event.reason);
}

void Figures::count_violation(unsigned status, std::string_view reason) {
  if (status != 0) responses.add(status);
  if (is_limit(reason)) return limited.add(reason);
  count_reason(EventKind::http_violation, reason);
}

void Figures::count_reason(EventKind kind, std::string_view reason) {
  switch (kind) {
    case EventKind::refused:
      return refusals.add(reason);
    case EventKind::malformed:
      return malformed.add(reason);
    case EventKind::throttled:
    case EventKind::overload:
      return limited.add(reason);
    case EventKind::http_violation:
      return http_violations.add(reason);
    default:
      return;
  }
}

Figures& Figures::operator+=(const Figures& other) {
  locate += other.locate;
  exchange += other.exchange;
  total += other.total;
  sign_in += other.sign_in;
  requests += other.requests;
  responses += other.responses;
  unanswered += other.unanswered;
  refusals += other.refusals;
  limited += other.limited;
  malformed += other.malformed;
  http_violations += other.http_violations;
  handshakes += other.handshakes;
  resumptions += other.resumptions;
  failed_handshakes += other.failed_handshakes;
  return *this;
}

}  // namespace ferryman::gateway
