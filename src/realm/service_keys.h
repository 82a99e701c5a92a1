#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "account/policy.h"
#include "admin/message.h"
#include "crypto/keytab.h"
#include "directory/account.h"

namespace ferryman::realm {

// The encryption types of those names, or, where none are given, the realm's AES ones. `invalid`: not among
// the realm's, twice, or none.
admin::Outcome<std::vector<std::int32_t>> service_etypes(
    const account::Policy& policy, const std::optional<std::vector<std::string>>& names);

// A random key of each, of the first version; set_keys() gives them its own.
std::vector<directory::LongTermKey> random_keys(std::span<const std::int32_t> etypes);

// KERB_SUPPORTED_ENCTYPES of one that has keys of these [MS-KILE 2.2.7], which knows no AES-SHA2.
std::uint32_t enctypes_of(std::span<const std::int32_t> etypes);

// When the last ticket ends that was issued under keys from before the account's present ones: until then its
// former keys belong into its keytab.
std::int64_t service_tickets_until(const account::Policy& policy, const directory::Account& service);

// Its keytab: an entry for each of its names and of the keys.
std::vector<crypto::KeytabEntry> keytab_entries(const std::string& realm, const directory::Account& service,
                                                std::span<const directory::LongTermKey> keys,
                                                std::int64_t now);

}  // namespace ferryman::realm
