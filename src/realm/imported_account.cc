#include "realm/imported_account.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/text.h"
#include "kerberos/numbers.h"
#include "realm/admin_arguments.h"
#include "realm/admin_settings.h"
#include "realm/service_keys.h"

namespace ferryman::realm {
namespace {

using admin::Json;
using directory::AccountKind;
using directory::LongTermKey;
using directory::WholeAccount;

constexpr std::string_view command = "import.accounts";
constexpr std::size_t max_salt = 4096;  // octets; names are shorter
// A KDC counts from 1. Behind such a one nobody could change a password for long.
constexpr std::int64_t max_imported_kvno = 1 << 30;

bool is_rc4(const LongTermKey& key) {
  return key.etype == kerberos::etype::rc4_hmac;
}

// What a member of `keys` is; salt and key are octets in base64.
admin::Outcome<LongTermKey> key_of(const Json& object) {
  Arguments arguments(command, object);
  const auto kvno = arguments.maybe_number("kvno", 1, max_imported_kvno);
  const auto etype = arguments.maybe_number("etype", 1, INT32_MAX);
  const auto salt = secret_of_base64(arguments.text("salt"));
  auto octets = secret_of_base64(arguments.text("key"));
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (!kvno || !etype || !salt || !octets)
    return invalid(
        fmt::format("{}: a key has a kvno, an etype, and its salt and octets in base64.", command));
  if (salt->size() > max_salt)
    return invalid(fmt::format("{}: a salt has at most {} octets.", command, max_salt));
  return LongTermKey{static_cast<std::int32_t>(*etype),
                     static_cast<std::uint32_t>(*kvno),
                     std::string(as_text(salt->bytes())),
                     {},
                     *std::move(octets)};
}

admin::Outcome<std::vector<LongTermKey>> keys_of(const Json* list) {
  std::vector<LongTermKey> keys;
  for (const Json& each : list == nullptr ? Json::array() : *list) {
    auto key = key_of(each);
    if (!key) return tl::unexpected(std::move(key.error()));
    keys.push_back(*std::move(key));
  }
  return keys;
}

void set_etypes(WholeAccount& imported) {
  directory::AccountSettings& settings = imported.account.settings;
  const std::uint32_t newest = newest_kvno(imported);
  std::vector<std::int32_t> etypes;
  for (const LongTermKey& key : imported.keys) {
    if (key.kvno != newest) continue;
    etypes.push_back(key.etype);
    settings.flags.rc4 |= is_rc4(key);
  }
  if (!settings.flags.rc4) std::erase_if(imported.keys, is_rc4);
  if (imported.account.kind != AccountKind::service) return;
  settings.supported_enctypes = enctypes_of(etypes);
  if (imported.account.name.ends_with('$')) settings.primary_group = directory::rid::domain_computers;
}

}  // namespace

admin::Outcome<WholeAccount> imported_account(const account::Policy& policy, const Json& object) {
  Arguments arguments(command, object);
  WholeAccount imported;
  directory::NewAccount& wanted = imported.account;
  wanted.name = arguments.text("name");
  const std::string_view kind = arguments.text("kind");
  const bool is_user = kind == "user";
  wanted.kind = is_user ? AccountKind::user : AccountKind::service;
  is_user ? take_user_settings(arguments, wanted.settings)
          : take_service_settings(arguments, wanted.settings);
  imported.password_changed = arguments.maybe_number("password_changed", 0, last_second);
  imported.password_expires = arguments.maybe_number("password_expires", 0, last_second);
  auto keys = keys_of(arguments.objects("keys"));
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (!keys) return tl::unexpected(std::move(keys.error()));
  if (!is_user && kind != "service")
    return invalid(fmt::format("{}: kind is \"user\" or \"service\".", command));
  imported.keys = *std::move(keys);
  set_etypes(imported);
  if (wanted.settings.flags.rc4)
    if (auto checked = check_rc4(policy); !checked) return tl::unexpected(std::move(checked.error()));
  return imported;
}

admin::Outcome<void> check_rc4(const account::Policy& policy) {
  const auto& allowed = policy.etypes;
  if (std::find(allowed.begin(), allowed.end(), kerberos::etype::rc4_hmac) != allowed.end()) return {};
  return invalid(
      "The realm allows no RC4: leave off --rc4, or add rc4-hmac to [kdc] etypes of realm.toml and reload "
      "the "
      "service.");
}

std::uint32_t newest_kvno(const WholeAccount& account) {
  std::uint32_t newest = 0;
  for (const LongTermKey& key : account.keys) newest = std::max(newest, key.kvno);
  return newest;
}

}  // namespace ferryman::realm
