#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/secret.h"
#include "keys/security_key.h"
#include "login/accounts.h"
#include "login/failure.h"
#include "login/krb5_config.h"
#include "login/on_premises.h"
#include "login/session_record.h"

// Signing in and out with an account that is enrolled. Whoever calls holds the lock of the accounts.
namespace ferryman::login {

// What came of a sign-in or its renewal. Without tickets it is one all the same.
struct SignedIn {
  SessionRecord record;
  std::optional<Failure> no_ticket;  // why there are none, or why they could not be put into a cache
  ListedKeys listed_keys{};          // of those that a domain controller gave
};

// What keys are used with. A view.
struct Keys {
  keys::KeyStore& store;
  keys::SecurityKey* security_key = nullptr;  // where the user's is there
  Bytes pin{};
};

// With the user's key; now: seconds since 1970. wants_keys: a domain controller is asked for hers. Faults:
// pin, refused, not_reachable, failed.
Outcome<SignedIn> sign_in(const Accounts& accounts, const EnrolledAccount& account, const Keys& with,
                          std::int64_t now, bool wants_keys = false);

// Without it, with what is kept. Fault failed where nobody is signed in.
Outcome<SignedIn> renew(const Accounts& accounts, const EnrolledAccount& account, keys::KeyStore& store,
                        std::int64_t now, bool wants_keys = false);

// Of a sign-in or its renewal, besides what it gave.
struct Particulars {
  std::string kerberos_url;
  std::int64_t signed_in;  // when the key was last used
  std::int64_t now;
  bool wants_keys = false;
};
// Keeps what has come of it: seals the session, writes krb5.conf, puts tickets into the cache. A partial
// ticket of an Active Directory is exchanged there first; what goes wrong with that is in the record, and no
// failure.
Outcome<SignedIn> keep(const Accounts& accounts, const EnrolledAccount& account, keys::KeyStore& store,
                       SignIn sign_in, const Particulars& of);

// Takes away tickets, PRT and session key, also where there are none. Where tickets cannot be removed PRT and
// session key are gone all the same.
Outcome<void> sign_out(const EnrolledAccount& account);

// Whether the ticket of the last sign-in is in the cache and still good.
Outcome<bool> has_ticket(const SessionRecord& record, std::int64_t now);
// The same of the Active Directory's.
Outcome<bool> has_on_premises_ticket(const SessionRecord& record, std::int64_t now);

// The krb5.conf that the sign-ins of all accounts lead to, in the state directory.
inline constexpr char krb5_file[] = "krb5.conf", system_krb5_file[] = "/etc/krb5.conf";
Outcome<void> write_krb5_config(const Accounts& accounts);
// The one beside it for programs that go by a forwarder.
inline constexpr char forward_file[] = "forward.conf";
Outcome<void> write_forward_config(const std::string& state_path, std::span<const RealmConfig> realms,
                                   std::uint16_t port);
// What an account's last sign-in led to; nothing where there was none.
std::optional<RealmConfig> realm_of(const EnrolledAccount& account);
// The same, and behind it the realm of an Active Directory that has given a ticket, where that one is usable.
std::vector<RealmConfig> realms_of(const EnrolledAccount& account);
// What those of all accounts led to, as far as it is usable: the cloud's realms, and behind them those of
// Active Directories that have given tickets.
std::vector<RealmConfig> realms_of(const Accounts& accounts);

}  // namespace ferryman::login
