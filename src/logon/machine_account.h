#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "login/accounts.h"
#include "login/failure.h"
#include "login/krb5_config.h"
#include "machine/accounts.h"
#include "machine/config.h"

// The machine itself as a user of the tenant, by a key without a PIN: it asks who may log on here. Runs as
// the user ferryman-logon, whose files these are.
namespace ferryman::logon {

inline constexpr char service_user[] = "ferryman-logon";
inline constexpr char machine_path[] = "/var/lib/ferryman-logon/machine",
                      users_path[] = "/var/lib/ferryman-logon/users";

// Whether an account is at the gateway and tenant that the machine's file names.
bool is_of(const machine::Config& config, const login::Account& account);

login::KeyPlace key_place(const machine::Config& config);

// user: the machine's name at the tenant; code: from an administrator. What the machine had before is
// replaced. Gives what the system's krb5.conf has to know.
login::Outcome<login::RealmConfig> join(const machine::Config& config, const std::string& user, Bytes code,
                                        std::int64_t now);
// Whether it has joined, and as whom.
login::Outcome<std::string> joined_as();

// What came of asking the server.
struct Refreshed {
  machine::Accounts accounts;
  std::int64_t server_time = 0;
};
// Asks for all who may log on, and keeps it.
login::Outcome<Refreshed> refresh(const machine::Config& config, std::int64_t now);
// Asks for one of them, whom the rest is kept of. Where another refresh is under way nothing is done.
login::Outcome<void> refresh_user(const std::string& name, std::int64_t now);

}  // namespace ferryman::logon
