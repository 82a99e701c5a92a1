#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "account/policy.h"
#include "crypto/key.h"
#include "directory/account.h"
#include "kerberos/kdc_req.h"

// Which of an account's keys and which encryption types are used.
namespace ferryman::account {

bool allows(const Policy& policy, const directory::Account& account, std::int32_t etype);

// Null where there is none.
const directory::LongTermKey* find_key(std::span<const directory::LongTermKey> keys, std::int32_t etype);

// The first of the client's etypes that the account has a key of and the realm allows; null: none.
const directory::LongTermKey* reply_key(const Policy& policy, const directory::Principal& client,
                                        kerberos::EtypeList asked);
// The service's best key, whatever the client offers; null: none that is allowed.
const directory::LongTermKey* ticket_key(const Policy& policy, const directory::Principal& service);

// The first of the asked etypes that the service can use: those it is known to (KERB_SUPPORTED_ENCTYPES),
// else AES-SHA1, and those of its keys; the KDC itself can use RC4, which is for marked clients. client: null
// where there is none of that name. Nothing: none.
std::optional<std::int32_t> session_etype(const Policy& policy, const directory::Account* client,
                                          const directory::Principal& service, kerberos::EtypeList asked);

// What PA-SUPPORTED-ENCTYPES says of a service [MS-KILE 2.2.8].
std::uint32_t supported_enctypes(const Policy& policy, const directory::Principal& service);

// Whether the list has it.
bool offers(kerberos::EtypeList asked, std::int32_t etype);

// The key to work with. Reason damaged where it is not opened, or has no key's size, which a directory never
// stores.
directory::Outcome<directory::Shared<crypto::Key>> usable(const directory::LongTermKey& key);

}  // namespace ferryman::account
