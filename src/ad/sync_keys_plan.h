#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ad/entry.h"
#include "pki/key_credential.h"

// Users' keys in their domain, for its own logon by key: msDS-KeyCredentialLink.
namespace ferryman::ad {

inline constexpr const char* key_link_attribute = "msDS-KeyCredentialLink";

using KeyId = pki::KeyCredential::Id;
using KeyIds = std::set<KeyId>;
// Those that a synchronisation has written, by their users' SIDs.
using WrittenKeys = std::map<std::string, KeyIds>;

// A value, which is a DN-Binary [MS-ADTS 3.1.1.2.2.2]: "B:<digits>:<hexadecimal>:<DN>".
std::string key_link(const pki::KeyCredential& key, const std::string& dn);
// Nothing where it is none, or its blob is none that is understood.
std::optional<pki::KeyCredential> parse_key_link(std::string_view value);

// Of one user.
struct KeyPlan {
  std::vector<Change> changes{};            // of her entry; none: nothing is to be done
  std::vector<KeyId> written{}, removed{};  // by them
  KeyIds ours{};                            // that are there then

  friend bool operator==(const KeyPlan&, const KeyPlan&) = default;
};

// A last use that is newer by more than this is written: 100 ns each, of a day.
inline constexpr std::uint64_t use_is_written_after = 864'000'000'000;

// dn: hers; there: all values that she has; realm: her keys as the realm has them; before: that were written.
// A value that differs from the realm's in more than the last use is somebody else's, and so is every one
// that is not understood: these stay, and of a key that somebody else has written there is no second one.
KeyPlan plan_keys(const std::string& dn, const Values& there, const std::vector<pki::KeyCredential>& realm,
                  const KeyIds& before);

}  // namespace ferryman::ad
