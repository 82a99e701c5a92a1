#include "ad/failure.h"

#include <fmt/format.h>
#include <ldap.h>

#include <array>

#include "base/text.h"

namespace ferryman::ad {
namespace {

Reason reason_of(int code) {
  switch (code) {
    case LDAP_SERVER_DOWN:
    case LDAP_CONNECT_ERROR:
    case LDAP_TIMEOUT:
    case LDAP_UNAVAILABLE:
    case LDAP_BUSY:
      return Reason::not_reachable;
    case LDAP_CONFIDENTIALITY_REQUIRED:
    case LDAP_STRONG_AUTH_REQUIRED:
    case LDAP_INAPPROPRIATE_AUTH:
      return Reason::not_protected;
    case LDAP_INVALID_CREDENTIALS:
      return Reason::wrong_credentials;
    case LDAP_INSUFFICIENT_ACCESS:
      return Reason::no_rights;
    case LDAP_NO_SUCH_OBJECT:
      return Reason::no_such_object;
    case LDAP_ALREADY_EXISTS:
      return Reason::already_exists;
    case LDAP_REFERRAL:
      return Reason::read_only;
    case LDAP_UNWILLING_TO_PERFORM:
    case LDAP_CONSTRAINT_VIOLATION:
    case LDAP_OBJECT_CLASS_VIOLATION:
    case LDAP_TYPE_OR_VALUE_EXISTS:
    case LDAP_NO_SUCH_ATTRIBUTE:
    case LDAP_UNAVAILABLE_CRITICAL_EXTENSION:
      return Reason::unwilling;
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_TIMELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
      return Reason::too_much;
    default:
      return Reason::failed;
  }
}

std::string_view advice_on(Reason reason) {
  switch (reason) {
    case Reason::no_rights:
      return "It takes a member of Domain Admins.";
    case Reason::read_only:
      return "It is a read-only domain controller, or one of another domain: name a writable one with "
             "--server.";
    case Reason::not_reachable:
      return "Name another domain controller with --server, and see whether port 389 (of ldaps 636) is open.";
    default:
      return "";
  }
}

// The words behind it, as far as they are of use to a person.
std::string with_diagnostic(std::string text, std::string_view diagnostic) {
  while (!diagnostic.empty() && (diagnostic.back() == '\0' || diagnostic.back() == '\n' ||
                                 diagnostic.back() == ' ' || diagnostic.back() == '.'))
    diagnostic.remove_suffix(1);
  return diagnostic.empty() ? text : fmt::format("{} ({})", text, printable(diagnostic));
}

// What libkrb5 and Cyrus SASL say, and what it means here.
struct Words {
  std::string_view heard;
  Reason reason;
  std::string_view text, next;
};
constexpr std::string_view kinit = "\"kinit Administrator@REALM\" first, as a member of Domain Admins.";
constexpr std::array<Words, 13> known_words{{
    {"No Kerberos credentials available", Reason::no_ticket, "there is no Kerberos ticket", kinit},
    {"No credentials cache found", Reason::no_ticket, "there is no Kerberos ticket", kinit},
    {"Credentials cache file", Reason::no_ticket, "there is no Kerberos ticket", kinit},
    {"Matching credential not found", Reason::no_ticket, "there is no Kerberos ticket", kinit},
    {"No credentials were supplied", Reason::no_ticket, "there is no Kerberos ticket", kinit},
    {"Ticket expired", Reason::no_ticket, "the Kerberos ticket has expired", kinit},
    {"not found in Kerberos database", Reason::failed, "the realm knows no service ldap/{}",
     "Name the domain controller by its full DNS name with --server; \"klist\" shows whose ticket you have."},
    {"Clock skew too great", Reason::failed, "the clock here and that of {} are too far apart",
     "Set the clock, by NTP from the domain controllers at best."},
    {"Cannot contact any KDC", Reason::not_reachable, "no KDC of the realm of {} answers",
     "See whether krb5.conf and DNS name one, and whether port 88 is open."},
    {"Cannot find KDC for realm", Reason::not_reachable, "krb5.conf and DNS name no KDC for the realm of {}",
     "Point krb5.conf or DNS to the domain's KDCs."},
    {"No worthy mechs found", Reason::failed, "Cyrus SASL has no GSSAPI",
     "Install the package libsasl2-modules-gssapi-mit."},
    {"no mechanism available", Reason::failed, "Cyrus SASL has no GSSAPI",
     "Install the package libsasl2-modules-gssapi-mit."},
    {"mechanism too weak", Reason::not_protected, "{} does not seal the connection", ""},
}};

}  // namespace

Failure failure_of(int code, std::string_view host, std::string_view what, std::string_view diagnostic) {
  const Reason reason = reason_of(code);
  const std::string text =
      reason == Reason::not_reachable
          ? fmt::format("{} does not answer when asked {}", printable(host), what)
          : fmt::format("{} refuses {}: {}", printable(host), what, ldap_err2string(code));
  return {reason, with_diagnostic(text, diagnostic), std::string(advice_on(reason))};
}

Failure bind_failure_of(int code, std::string_view host, std::string_view diagnostic) {
  for (const Words& words : known_words)
    if (diagnostic.find(words.heard) != std::string_view::npos)
      return {words.reason, fmt::format(fmt::runtime(words.text), printable(host)), std::string(words.next)};
  const Reason reason = reason_of(code);
  if (reason == Reason::wrong_credentials)
    return {reason,
            with_diagnostic(fmt::format("{} does not know this name with this password", printable(host)),
                            diagnostic)};
  if (reason == Reason::not_reachable)
    return {reason, with_diagnostic(fmt::format("{} is not reached", printable(host)), diagnostic),
            std::string(advice_on(reason))};
  return {reason, with_diagnostic(
                      fmt::format("{} does not let in who asks: {}", printable(host), ldap_err2string(code)),
                      diagnostic)};
}

Failure tls_failure_of(int code, std::string_view host, std::string_view diagnostic) {
  const Reason reason = reason_of(code);
  // Where there is no connection at all libldap has nothing more to say.
  if (reason == Reason::not_reachable && diagnostic.empty()) return bind_failure_of(code, host, diagnostic);
  // All that GnuTLS' words for a certificate that is not taken come to in libldap.
  const bool says_nothing = diagnostic.find("unknown error code") != std::string_view::npos;
  const std::string_view why =
      says_nothing ? "its certificate is not trusted, or not for this name" : diagnostic;
  return {
      Reason::not_protected, with_diagnostic(fmt::format("no TLS with {}", printable(host)), why),
      "--ca FILE names the certificate authority of the domain controllers; the host's name has to stand in "
      "the certificate."};
}

}  // namespace ferryman::ad
