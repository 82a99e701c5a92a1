#include "account/state.h"

#include "kerberos/codec.h"
#include "kerberos/error_data.h"

namespace ferryman::account {

namespace error_code = kerberos::error_code;

Octets nt_status_data(std::uint32_t status, Exchange exchange) {
  const auto octets = kerberos::octets_of({status, static_cast<std::uint32_t>(exchange)});
  return kerberos::encode(kerberos::KerbErrorData{kerberos::kerb_error_data::extended, octets});
}

Judged<void> check_account(const directory::Account& account, std::int64_t now, Exchange exchange) {
  if (account.settings.flags.disabled)
    return refuse(error_code::client_revoked, "the account is disabled",
                  nt_status_data(nt_status::account_disabled, exchange));
  if (account.settings.expires && *account.settings.expires <= now)
    return refuse(error_code::client_revoked, "the account has expired",
                  nt_status_data(nt_status::account_expired, exchange));
  return {};
}

Judged<void> check_password(const directory::Account& account, std::int64_t now) {
  if (account.settings.flags.must_change)
    return refuse(error_code::key_expired, "the password must be changed",
                  nt_status_data(nt_status::password_must_change, Exchange::as));
  if (account.password_expires && *account.password_expires <= now)
    return refuse(error_code::key_expired, "the password has expired",
                  nt_status_data(nt_status::password_expired, Exchange::as));
  return {};
}

bool is_locked(const directory::Lockout& lockout, std::int64_t now) {
  return lockout.locked_until && *lockout.locked_until > now;
}

std::uint32_t failures_now(const directory::Lockout& lockout, const directory::LockoutPolicy& policy,
                           std::int64_t now) {
  const bool lock_is_over = lockout.locked_until && *lockout.locked_until <= now;
  const bool window_is_over = now - lockout.window_began >= policy.window;
  return lock_is_over || window_is_over ? 0 : lockout.failures;
}

}  // namespace ferryman::account
