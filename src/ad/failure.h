#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace ferryman::ad {

// Why a domain controller did not do what it was asked for.
enum class Reason : std::uint8_t {
  not_reachable,      // no connection, or no answer in time
  not_protected,      // TLS, or the sealing of GSSAPI, is not to be had
  no_ticket,          // the administrator has none, or none that is good still
  wrong_credentials,  // it knows neither this name nor this password
  no_rights,          // who asks may not do this
  no_such_object,
  already_exists,
  read_only,  // it is a read-only one, and points elsewhere
  unwilling,  // its rules do not allow it: the schema, the password policy, what only it may write
  too_much,   // more than is taken of an answer
  failed,     // everything else: the text says what
};

struct Failure {
  Reason reason;
  std::string text;    // one sentence for an administrator, fit for a terminal; no full stop at its end
  std::string next{};  // what to do, in whole sentences; may be empty
};

template <typename T>
using Outcome = tl::expected<T, Failure>;

inline tl::unexpected<Failure> fail(Reason reason, std::string text, std::string next = {}) {
  return tl::unexpected(Failure{reason, std::move(text), std::move(next)});
}

// What an LDAP result code (RFC 4511 4.1.9, or one of libldap's own below 0) means. what: what was tried:
// "to add CN=…". diagnostic: the server's words, or libldap's.
Failure failure_of(int code, std::string_view host, std::string_view what, std::string_view diagnostic);

// The same of binding, where libldap's words tell what libkrb5 and Cyrus SASL have to say.
Failure bind_failure_of(int code, std::string_view host, std::string_view diagnostic);

// The same of TLS.
Failure tls_failure_of(int code, std::string_view host, std::string_view diagnostic);

}  // namespace ferryman::ad
