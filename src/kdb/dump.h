#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

// The database of MIT's KDC as the text that `kdb5_util dump` writes, line by line, since release 1.3
// (versions 5 to 7 of the format). What is read owns its octets. Nothing here is a secret without the master
// key.
namespace ferryman::kdb {

// Flags of a principal, KRB5_KDB_* of MIT's kdb.h.
namespace attribute {
inline constexpr std::uint32_t disallow_forwardable = 0x2, disallow_tgt_based = 0x4, disallow_renewable = 0x8,
                               disallow_proxiable = 0x10, disallow_dup_skey = 0x20, disallow_all_tix = 0x40,
                               requires_pre_auth = 0x80, requires_hw_auth = 0x100, requires_pwchange = 0x200,
                               disallow_svr = 0x1000, pwchange_service = 0x2000, ok_as_delegate = 0x100000,
                               ok_to_auth_as_delegate = 0x200000, no_auth_data_required = 0x400000;
}

// How a salt is made (KRB5_KDB_SALTTYPE_*).
namespace salt_type {
inline constexpr std::int32_t normal = 0, no_realm = 2, only_realm = 3, special = 4;
}

// A key as it is sealed under a master key.
struct SealedKey {
  std::uint32_t kvno = 0;
  std::int32_t etype = 0;
  std::int32_t salt_type = salt_type::normal;
  Octets salt{};  // of the special type alone
  Octets sealed{};

  friend bool operator==(const SealedKey&, const SealedKey&) = default;
};

// The newest master key, sealed under an older one.
struct SealedMasterKey {
  std::uint32_t under = 0;  // the older one's version
  SealedKey key;

  friend bool operator==(const SealedMasterKey&, const SealedMasterKey&) = default;
};

struct PrincipalName {
  std::vector<std::string> components;
  std::string realm;

  friend bool operator==(const PrincipalName&, const PrincipalName&) = default;
};

struct DumpedPrincipal {
  PrincipalName name;
  std::uint32_t attributes = 0;
  std::optional<std::int64_t> expires, password_expires, password_changed;  // seconds since 1970
  std::uint32_t master_kvno = 1;                                            // what its keys are sealed under
  std::vector<SealedKey> keys;                                              // in the KDC's order
  std::vector<SealedMasterKey> master_keys;                                 // of K/M alone

  friend bool operator==(const DumpedPrincipal&, const DumpedPrincipal&) = default;
};

// The first line. Nothing for what is no dump; 0 for one of another version or of another purpose (iprop).
std::optional<int> version_of_dump(std::string_view header);

// What a line behind it is of.
enum class LineKind : std::uint8_t { principal, policy, other };
LineKind kind_of(std::string_view line);

// A principal's line. Faults: truncated; wrong_value for a field that is none, or has another length than is
// said; trailing_bytes. The offset is that of the field.
Result<DumpedPrincipal> read_principal(std::string_view line);

// As krb5_parse_name() reads a name that has its realm. Nothing for what is none.
std::optional<PrincipalName> parse_name(std::string_view text);

// The salt that the KDC would tell; nothing for a type that AES keys have not.
std::optional<std::string> salt_of(const DumpedPrincipal& principal, const SealedKey& key);

}  // namespace ferryman::kdb
