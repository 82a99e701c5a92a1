#include <algorithm>

#include "directory/store.h"

namespace ferryman::directory::sql {

Outcome<void> Store::set_code(const TenantId& tenant, const ObjectId& user, const Digest& hash,
                              std::int64_t expires) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto account = load_account(c, tenant, user); !account) return tl::unexpected(account.error());
    c.run("DELETE FROM enrolment_codes WHERE tenant = ? AND account = ?", tenant, user);
    c.run("INSERT INTO enrolment_codes (tenant, account, hash, tries, expires) VALUES (?, ?, ?, 0, ?)",
          tenant, user, hash, expires);
    return {};
  });
}

Outcome<SignInRecords::CodeVerdict> Store::try_code(const TenantId& tenant, const ObjectId& user,
                                                    const Digest& hash, std::int64_t now) {
  return write([&](Connection& c) -> Outcome<CodeVerdict> {
    bool right = false, last = false;
    {
      Statement row = c.statement(
          "SELECT hash, tries, expires FROM enrolment_codes WHERE tenant = ? AND account = ?", tenant, user);
      if (!row.step() || row.integer(2) < now) return CodeVerdict::absent;
      right = equal_in_constant_time(row.blob(0), hash);
      last = row.integer(1) + 1 >= max_code_tries;
    }
    if (right || last) {
      c.run("DELETE FROM enrolment_codes WHERE tenant = ? AND account = ?", tenant, user);
    } else {
      c.run("UPDATE enrolment_codes SET tries = tries + 1 WHERE tenant = ? AND account = ?", tenant, user);
    }
    return right ? CodeVerdict::right : CodeVerdict::wrong;
  });
}

}  // namespace ferryman::directory::sql
