#include "login/keytab_login.h"

#include <fmt/format.h>
#include <krb5/krb5.h>

#include <cstdlib>
#include <string_view>

#include "base/text.h"

namespace ferryman::login {
namespace {

constexpr const char* cache_name = "MEMORY:ferryman";

// What is open, freed at its end in its order.
struct Session {
  krb5_context context = nullptr;
  krb5_keytab keytab = nullptr;
  krb5_principal principal = nullptr;
  krb5_creds credentials{};
  krb5_ccache cache = nullptr;

  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    if (context == nullptr) return;
    if (cache != nullptr) krb5_cc_close(context, cache);
    krb5_free_cred_contents(context, &credentials);
    krb5_free_principal(context, principal);
    if (keytab != nullptr) krb5_kt_close(context, keytab);
    krb5_free_context(context);
  }

  std::string text_of(krb5_error_code code) const {
    const char* text = krb5_get_error_message(context, code);
    std::string copy = text;
    krb5_free_error_message(context, text);
    return copy;
  }
};

krb5_error_code find_first_principal(Session& session) {
  krb5_kt_cursor cursor{};
  if (const auto code = krb5_kt_start_seq_get(session.context, session.keytab, &cursor); code != 0)
    return code;
  krb5_keytab_entry entry{};
  auto code = krb5_kt_next_entry(session.context, session.keytab, &entry, &cursor);
  if (code == 0) code = krb5_copy_principal(session.context, entry.principal, &session.principal);
  if (entry.principal != nullptr) krb5_free_keytab_entry_contents(session.context, &entry);
  krb5_kt_end_seq_get(session.context, session.keytab, &cursor);
  return code;
}

krb5_error_code keep(Session& session) {
  krb5_error_code code = krb5_cc_resolve(session.context, cache_name, &session.cache);
  if (code == 0) code = krb5_cc_initialize(session.context, session.cache, session.principal);
  if (code == 0) code = krb5_cc_store_cred(session.context, session.cache, &session.credentials);
  return code;
}

Fault fault_of(krb5_error_code code) {
  if (code == KRB5_KDC_UNREACH || code == KRB5_REALM_CANT_RESOLVE || code == KRB5_REALM_UNKNOWN)
    return Fault::not_reachable;
  // Errors of the KDC's own [RFC 4120 7.5.9].
  return code >= ERROR_TABLE_BASE_krb5 && code < ERROR_TABLE_BASE_krb5 + 128 ? Fault::refused : Fault::failed;
}

}  // namespace

Outcome<void> log_on_by_keytab(const std::string& file) {
  Session session;
  if (krb5_init_context(&session.context) != 0) return fail(Fault::failed, "krb5.conf cannot be read");
  krb5_error_code code = krb5_kt_resolve(session.context, ("FILE:" + file).c_str(), &session.keytab);
  if (code == 0) code = find_first_principal(session);
  if (code != 0)
    return fail(Fault::failed,
                fmt::format("the keytab {} cannot be read: {}", printable(file), session.text_of(code)));
  code = krb5_get_init_creds_keytab(session.context, &session.credentials, session.principal, session.keytab,
                                    0, nullptr, nullptr);
  if (code != 0)
    return fail(fault_of(code),
                fmt::format("no ticket by the keytab {}: {}", printable(file), session.text_of(code)));
  if (code = keep(session); code != 0)
    return fail(Fault::failed, "the ticket cannot be kept: " + session.text_of(code));
  ::setenv("KRB5CCNAME", cache_name, 1);
  return {};
}

}  // namespace ferryman::login
