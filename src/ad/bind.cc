#include "ad/bind.h"

#include <fmt/format.h>
#include <ldap.h>
#include <sasl/sasl.h>

#include "ad/handshake_limit.h"
#include "ad/libldap.h"

namespace ferryman::ad {
namespace {

using Protection = Endpoint::Protection;

// Stronger than the 56 bits that Cyrus SASL says of any sealing by GSSAPI there is none to ask for.
constexpr const char* sealed = "minssf=56,noanonymous,noplain";
constexpr int tls_1_2 = 3 << 8 | 3;

std::string diagnostic_of(LDAP* handle) {
  char* text = nullptr;
  ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
  const Owned<char, ldap_memfree> owned(text);
  return text == nullptr ? std::string() : std::string(text);
}

bool set(LDAP* handle, int option, const void* value) {
  return ldap_set_option(handle, option, value) == LDAP_OPT_SUCCESS;
}

bool set_number(LDAP* handle, int option, int value) {
  return set(handle, option, &value);
}

timeval time_of(std::chrono::seconds seconds) {
  return {static_cast<time_t>(seconds.count()), 0};
}

// All that an ldap.conf could say otherwise is set.
bool set_options(LDAP* handle, const Endpoint& endpoint) {
  const timeval timeout = time_of(endpoint.timeout);
  bool done = set_number(handle, LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3) &&
              set(handle, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) &&
              set_number(handle, LDAP_OPT_DEREF, LDAP_DEREF_NEVER) &&
              set(handle, LDAP_OPT_NETWORK_TIMEOUT, &timeout) && set(handle, LDAP_OPT_TIMEOUT, &timeout);
  Sockbuf* socket = nullptr;
  ber_len_t most = Connection::max_message;
  done = done && ldap_get_option(handle, LDAP_OPT_SOCKBUF, &socket) == LDAP_OPT_SUCCESS &&
         ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING, &most) == 1;
  if (!done || endpoint.protection == Protection::kerberos) return done;
  const char* const file = endpoint.ca_file.empty() ? nullptr : endpoint.ca_file.c_str();
  return (file == nullptr || set(handle, LDAP_OPT_X_TLS_CACERTFILE, file)) &&
         set_number(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND) &&
         set_number(handle, LDAP_OPT_X_TLS_PROTOCOL_MIN, tls_1_2) &&
         set_number(handle, LDAP_OPT_X_TLS_NEWCTX, 0);
}

// Cyrus SASL asks for a name to act as, which is that of the ticket: its own default.
int answer_sasl(LDAP*, unsigned, void*, void* questions) {
  for (auto* question = static_cast<sasl_interact_t*>(questions); question->id != SASL_CB_LIST_END;
       ++question) {
    question->result = question->defresult == nullptr ? "" : question->defresult;
    question->len = 0;
  }
  return LDAP_SUCCESS;
}

// The host's name is taken as it stands: what DNS says of its address decides on no ticket.
std::optional<Failure> bind_by_ticket(LDAP* handle, const Endpoint& endpoint) {
  if (!set(handle, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON) || !set(handle, LDAP_OPT_X_SASL_SECPROPS, sealed))
    return Failure{Reason::failed, "libldap is without SASL"};
  const int code = ldap_sasl_interactive_bind_s(handle, nullptr, "GSSAPI", nullptr, nullptr, LDAP_SASL_QUIET,
                                                answer_sasl, nullptr);
  if (code != LDAP_SUCCESS) return bind_failure_of(code, endpoint.host, diagnostic_of(handle));
  ber_len_t strength = 0;
  if (ldap_get_option(handle, LDAP_OPT_X_SASL_SSF, &strength) != LDAP_OPT_SUCCESS || strength < 56)
    return Failure{Reason::not_protected, fmt::format("{} does not seal the connection", endpoint.host)};
  return std::nullopt;
}

std::optional<Failure> bind_by_password(LDAP* handle, const Endpoint& endpoint) {
  // A name without a password would be bound as nobody (RFC 4513 5.1.2).
  if (endpoint.bind_name.empty() || endpoint.password.empty())
    return Failure{Reason::wrong_credentials, "a name and a password are needed"};
  berval password = as_berval(endpoint.password.bytes());
  const int code = ldap_sasl_bind_s(handle, endpoint.bind_name.c_str(), LDAP_SASL_SIMPLE, &password, nullptr,
                                    nullptr, nullptr);
  if (code == LDAP_SUCCESS) return std::nullopt;
  const std::string diagnostic = diagnostic_of(handle);
  if (endpoint.protection == Protection::ldaps && (code == LDAP_SERVER_DOWN || code == LDAP_CONNECT_ERROR))
    return tls_failure_of(code, endpoint.host, diagnostic);
  return bind_failure_of(code, endpoint.host, diagnostic);
}

std::optional<Failure> bind_over_tls(LDAP* handle, const Endpoint& endpoint) {
  if (endpoint.protection == Protection::starttls)
    if (const int code = ldap_start_tls_s(handle, nullptr, nullptr); code != LDAP_SUCCESS)
      return tls_failure_of(code, endpoint.host, diagnostic_of(handle));
  return bind_by_password(handle, endpoint);
}

std::optional<Failure> connect_and_bind(LDAP* handle, const Endpoint& endpoint) {
  if (!set_options(handle, endpoint)) {
    return Failure{Reason::failed, endpoint.ca_file.empty()
                                       ? "libldap does not take its options"
                                       : fmt::format("{} holds no certificate", printable(endpoint.ca_file))};
  }
  if (endpoint.protection == Protection::kerberos) return bind_by_ticket(handle, endpoint);
  const HandshakeLimit limit(handle, endpoint.timeout);
  auto failure = bind_over_tls(handle, endpoint);
  if (failure && limit.has_failed())
    return Failure{Reason::failed, fmt::format("{} is not asked: no thread can be made to watch the time",
                                               printable(endpoint.host))};
  if (failure && limit.has_passed()) return tls_failure_of(LDAP_TIMEOUT, endpoint.host, "");
  return failure;
}

}  // namespace

std::optional<Failure> bind(ldap* handle, const Endpoint& endpoint) {
  if (auto failure = connect_and_bind(handle, endpoint)) return failure;
  const timeval timeout = time_of(endpoint.answer_timeout);
  if (set(handle, LDAP_OPT_TIMEOUT, &timeout)) return std::nullopt;
  return Failure{Reason::failed, "libldap does not take its options"};
}

}  // namespace ferryman::ad
