#include "realm/service_keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "account/keys.h"
#include "base/text.h"
#include "directory/directory.h"
#include "directory/names.h"
#include "kerberos/names.h"
#include "kerberos/numbers.h"

namespace ferryman::realm {
namespace {

namespace etype = kerberos::etype;
namespace supported = kerberos::supported_enctype;

tl::unexpected<admin::Failure> invalid_etypes(std::string text) {
  return tl::unexpected(admin::Failure{std::string(admin::reason::invalid), std::move(text)});
}

std::string names_of(const account::Policy& policy) {
  std::vector<std::string_view> names;
  for (const std::int32_t each : policy.etypes) names.push_back(kerberos::etype_name(each));
  return fmt::format("{}", fmt::join(names, ", "));
}

// What the account logs on by, and all that tickets are for.
std::vector<std::string> principals_of(const directory::Account& account) {
  std::vector<std::string> names{account.name};
  for (const std::string& spn : account.spns)
    if (directory::unique_key(spn) != directory::unique_key(account.name)) names.push_back(spn);
  return names;
}

}  // namespace

admin::Outcome<std::vector<std::int32_t>> service_etypes(
    const account::Policy& policy, const std::optional<std::vector<std::string>>& names) {
  std::vector<std::int32_t> etypes;
  if (!names) {
    std::copy_if(policy.etypes.begin(), policy.etypes.end(), std::back_inserter(etypes),
                 [](std::int32_t each) { return each != etype::rc4_hmac; });
    if (etypes.empty())
      return invalid_etypes("The realm allows no AES: say etypes, or add AES to [kdc] etypes of realm.toml.");
    return etypes;
  }
  if (names->empty()) return invalid_etypes("A service has a key of one encryption type at least.");
  for (const std::string& name : *names) {
    const auto found = std::find_if(policy.etypes.begin(), policy.etypes.end(),
                                    [&](std::int32_t each) { return kerberos::etype_name(each) == name; });
    if (found == policy.etypes.end())
      return invalid_etypes(
          fmt::format("{} is no encryption type that [kdc] etypes of realm.toml allows: {}.", printable(name),
                      names_of(policy)));
    if (std::find(etypes.begin(), etypes.end(), *found) != etypes.end())
      return invalid_etypes(fmt::format("{} stands in etypes twice.", name));
    etypes.push_back(*found);
  }
  return etypes;
}

std::vector<directory::LongTermKey> random_keys(std::span<const std::int32_t> etypes) {
  std::vector<directory::LongTermKey> keys;
  keys.reserve(etypes.size());
  for (const std::int32_t each : etypes)
    keys.push_back({each, directory::first_kvno, {}, {}, Secret(crypto::Key::random(each).octets())});
  return keys;
}

std::uint32_t enctypes_of(std::span<const std::int32_t> etypes) {
  std::uint32_t bits = 0;
  for (const std::int32_t each : etypes) {
    if (each == etype::rc4_hmac) bits |= supported::rc4_hmac;
    if (each == etype::aes128_sha1) bits |= supported::aes128_sha1;
    if (each == etype::aes256_sha1) bits |= supported::aes256_sha1;
  }
  return bits;
}

std::int64_t service_tickets_until(const account::Policy& policy, const directory::Account& service) {
  return service.password_changed.value_or(service.created) + policy.lifetime.ticket + policy.max_skew;
}

std::vector<crypto::KeytabEntry> keytab_entries(const std::string& realm, const directory::Account& service,
                                                std::span<const directory::LongTermKey> keys,
                                                std::int64_t now) {
  std::vector<crypto::KeytabEntry> entries;
  for (const std::string& name : principals_of(service)) {
    const auto parts = directory::components_of(name);
    const std::vector<std::string> components(parts.begin(), parts.end());
    const std::int32_t type = components.size() == 1 ? kerberos::name_type::principal  //
                                                     : kerberos::name_type::srv_inst;
    for (const directory::LongTermKey& stored : keys) {
      if (auto key = account::usable(stored))
        entries.push_back(
            {realm, components, type, static_cast<std::uint32_t>(now), stored.kvno, (*key)->copy()});
    }
  }
  return entries;
}

}  // namespace ferryman::realm
