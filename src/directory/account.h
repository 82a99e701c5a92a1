#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "directory/failure.h"
#include "directory/guid.h"

namespace ferryman::crypto {
class Key;
}

namespace ferryman::directory {

class SealedKey;

// What is read once for many who ask, and does not change any more.
template <typename T>
using Shared = std::shared_ptr<const T>;

// Relative identifiers that [MS-DTYP] 2.4.2.4 gives a meaning.
namespace rid {
inline constexpr std::uint32_t krbtgt = 502, domain_users = 513, domain_computers = 515,
                               first_allocated = 1000;
}

// uid and gid are this and the RID, unless an administrator sets another: the same on every machine, and
// where neither the system nor systemd takes any.
inline constexpr std::uint32_t first_posix_id = 0x70000000;
// What an administrator may set: below are a system's own ids, and 65534 and 65535 mean nobody.
inline constexpr std::uint32_t min_set_posix_id = 1000, max_set_posix_id = first_posix_id - 1;
constexpr bool may_set_posix_id(std::uint32_t id) {
  return id >= min_set_posix_id && id <= max_set_posix_id && id != 65534 && id != 65535;
}

enum class AccountKind : std::uint8_t {
  user = 1,
  service = 2,          // or a computer: one with a name that ends in "$"
  krbtgt = 3,           // made with its tenant, as the next
  password_change = 4,  // kadmin/changepw, with a key of its own
};

struct AccountFlags {
  bool disabled = false;
  bool must_change = false;      // the password, at the next logon
  bool key_required = false;     // no password passes; of this account alone
  bool sensitive = false;        // its tickets are never forwardable or proxiable
  bool ok_as_delegate = false;   // of a service: told to its clients in the ticket flag
  bool trusted_to_auth = false;  // of a service: S4U2Self tickets for it are forwardable
  bool rc4 = false;              // RC4 is allowed for it, where the realm does too
  bool key_list = false;         // of a user: a read-only domain controller may ask for its keys

  friend bool operator==(const AccountFlags&, const AccountFlags&) = default;
};

// What an administrator sets of an account, besides its names and keys.
struct AccountSettings {
  std::string display_name{};
  AccountFlags flags{};
  std::optional<std::int64_t> expires{};
  std::optional<std::uint32_t> uid{};    // none: by its RID
  std::uint32_t supported_enctypes = 0;  // [MS-KILE] 2.2.7, of a service; 0: nothing is known of it
  std::uint32_t primary_group = rid::domain_users;  // of the tenant, by RID; it needs no other membership
};

struct NewAccount {
  AccountKind kind = AccountKind::user;  // user or service
  // Of a user "alice"; of a service "WEB$", or the SPN that it logs on by. See names.h.
  std::string name{};
  std::vector<std::string> upns{}, spns{};
  // Its names are found only in the case in which they are written. Unique without case they are all the
  // same.
  bool exact_names = false;
  AccountSettings settings{};
};

// Failed logons as they count for locking the account.
struct Lockout {
  std::uint32_t failures = 0;
  std::int64_t window_began = 0;  // the first of these failures
  std::optional<std::int64_t> locked_until{};
};

// What has come of a wrong key.
struct CountedFailure : Lockout {
  bool counted = false;  // false: the account was locked already, by another process meanwhile
};

// When an account is locked.
struct LockoutPolicy {
  std::uint32_t threshold = 10;               // failures within the window that lock; 0: never
  std::int64_t window = 900, duration = 900;  // seconds
};

struct Account {
  ObjectId id;
  AccountKind kind = AccountKind::user;
  std::string name;  // the canonical one; "/" parts its components
  std::vector<std::string> upns, spns;
  AccountSettings settings;
  std::uint32_t rid = 0, uid = 0, gid = 0;  // gid: of the primary group
  std::uint32_t kvno = 0;                   // of the present keys; 0: it has had none
  std::int64_t created = 0;
  std::optional<std::int64_t> password_changed{}, password_expires{};
  std::optional<std::int64_t> last_used{};  // written behind: minutes late
  Lockout lockout;
};

// A protocol key (RFC 3961 3). Its salt belongs to it, not to the account's name.
struct LongTermKey {
  std::int32_t etype = 0;
  std::uint32_t kvno = 0;
  std::string salt{};
  Octets s2kparams{};  // empty: the etype's default
  Secret key{};        // empty while it is sealed
  Shared<SealedKey> sealed{};
  // The same, with what is derived of it for tickets and PACs; null where nobody keeps that.
  Shared<crypto::Key> ready{};

  // The key's octets, also where they are sealed. Reason damaged where they are not as they were sealed.
  [[nodiscard]] Outcome<Secret> open() const;
  [[nodiscard]] LongTermKey copy() const { return {etype, kvno, salt, s2kparams, key.copy(), sealed, ready}; }
};
inline std::vector<LongTermKey> copy_of(const std::vector<LongTermKey>& keys) {
  std::vector<LongTermKey> copies;
  copies.reserve(keys.size());
  for (const LongTermKey& key : keys) copies.push_back(key.copy());
  return copies;
}

// An account as the KDC sees it: all of one moment.
struct Principal {
  TenantId tenant;
  Account account;
  // No password passes: by the account's, its tenant's or one of its groups' setting.
  bool key_required = false;
  std::vector<std::uint32_t> groups;  // RIDs, ascending, without the primary group
  std::vector<LongTermKey> keys;      // of account.kvno only; nothing else may prove who it is

  [[nodiscard]] Principal copy() const { return {tenant, account, key_required, groups, copy_of(keys)}; }
};

struct Group {
  ObjectId id;
  std::string name;
  std::uint32_t rid = 0, gid = 0;
  bool key_required = false;  // of its members
};

}  // namespace ferryman::directory
