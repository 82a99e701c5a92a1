#pragma once

#include <cstdint>

#include "directory/account.h"
#include "ticket/refusal.h"

namespace ferryman::account {

// What [MS-KILE] 2.2.2 tells a Windows client of a refusal, as e-data: an NTSTATUS [MS-ERREF 2.3].
namespace nt_status {
inline constexpr std::uint32_t password_expired = 0xC0000071, account_disabled = 0xC0000072,
                               account_expired = 0xC0000193, password_must_change = 0xC0000224,
                               account_locked_out = 0xC0000234;
}
enum class Exchange : std::uint32_t { as = 1, tgs = 3 };  // the flags of KERB-EXT-ERROR
Octets nt_status_data(std::uint32_t status, Exchange exchange);

// Whether the account may log on at all: client_revoked (18) where it is disabled or has expired. In the AS
// exchange only for a client that has proven its key, so that a stranger learns nothing of it.
Judged<void> check_account(const directory::Account& account, std::int64_t now, Exchange exchange);

// key_expired (23): the password has expired or must be changed.
Judged<void> check_password(const directory::Account& account, std::int64_t now);

// Whether no key may be tried any more.
bool is_locked(const directory::Lockout& lockout, std::int64_t now);
// The failures that count against the threshold now.
std::uint32_t failures_now(const directory::Lockout& lockout, const directory::LockoutPolicy& policy,
                           std::int64_t now);

}  // namespace ferryman::account
