#include "realm/policy_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "directory/directory.h"
#include "kerberos/names.h"

namespace ferryman::realm {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds one_second{1000}, one_hour{3'600'000}, one_day = one_hour * 24,
                                                              ten_years = one_day * 3650;

// Of Kerberos' times, which are whole seconds.
Key seconds_key(std::string_view name, std::int64_t& value, milliseconds least, milliseconds most) {
  auto read = [name, &value, least, most](const toml::node& node, Mistakes& mistakes) {
    milliseconds read_value = std::chrono::seconds(value);
    duration_key(name, read_value, least, most).read(node, mistakes);
    if (read_value % one_second != milliseconds(0))
      mistakes.add(node, fmt::format("{} must be in whole seconds", name));
    value = std::chrono::duration_cast<std::chrono::seconds>(read_value).count();
  };
  return {name, read, [&value] { return show_duration(std::chrono::seconds(value)); }};
}

// RC4 (RFC 4757) is among them for who has to serve old machines; an account must be marked for it as well.
constexpr std::int32_t served_etypes[] = {kerberos::etype::aes256_sha1, kerberos::etype::aes128_sha1,
                                          kerberos::etype::aes256_sha384, kerberos::etype::aes128_sha256,
                                          kerberos::etype::rc4_hmac};

std::string served_names() {
  std::vector<std::string> names;
  names.reserve(std::size(served_etypes));
  for (const std::int32_t etype : served_etypes) names.emplace_back(kerberos::etype_name(etype));
  return show_strings(names);
}

void read_etypes(const toml::node& node, std::vector<std::int32_t>& etypes, Mistakes& mistakes) {
  std::vector<std::string> names;
  strings_key("etypes", names).read(node, mistakes);
  std::vector<std::int32_t> read_etypes;
  for (const std::string& name : names) {
    const auto* const found =
        std::find_if(std::begin(served_etypes), std::end(served_etypes),
                     [&name](std::int32_t etype) { return kerberos::etype_name(etype) == name; });
    if (found == std::end(served_etypes))
      return mistakes.add(node, fmt::format("etypes: {} is none of {}", show_string(name), served_names()));
    if (std::count(read_etypes.begin(), read_etypes.end(), *found) != 0)
      return mistakes.add(node, fmt::format("etypes: {} stands there twice", show_string(name)));
    read_etypes.push_back(*found);
  }
  const auto is_aes_sha1 = [](std::int32_t etype) {
    return etype == kerberos::etype::aes256_sha1 || etype == kerberos::etype::aes128_sha1;
  };
  if (std::none_of(read_etypes.begin(), read_etypes.end(), is_aes_sha1))
    return mistakes.add(node, "etypes must hold one of AES and SHA-1 (RFC 3962), as every client has those");
  etypes = std::move(read_etypes);
}

Key etypes_key(std::vector<std::int32_t>& etypes) {
  auto read = [&etypes](const toml::node& node, Mistakes& mistakes) { read_etypes(node, etypes, mistakes); };
  auto show = [&etypes] {
    std::vector<std::string> names;
    names.reserve(etypes.size());
    for (const std::int32_t etype : etypes) names.emplace_back(kerberos::etype_name(etype));
    return show_strings(names);
  };
  return {"etypes", read, show};
}

}  // namespace

std::vector<Key> kdc_keys(account::Policy& policy, std::vector<std::string>& spn_aliases) {
  directory::LockoutPolicy& lockout = policy.lockout;
  return {seconds_key("ticket_lifetime", policy.lifetime.ticket, one_second * 60, one_day * 30),
          seconds_key("renew_lifetime", policy.lifetime.renewable, milliseconds(0), ten_years),
          seconds_key("max_skew", policy.max_skew, one_second, one_hour),
          etypes_key(policy.etypes),
          bool_key("hide_unknown_clients", policy.hide_unknown_clients),
          size_key("lockout_threshold", lockout.threshold, 0, 1000),
          seconds_key("lockout_window", lockout.window, one_second, one_day * 30),
          seconds_key("lockout_duration", lockout.duration, one_second, one_day * 365),
          strings_key("spn_aliases", spn_aliases)};
}

std::vector<Key> password_keys(account::PasswordPolicy& policy) {
  constexpr std::size_t longest = 256, strongest = 128;
  Key strength = size_key(
      "min_strength", [&policy] { return static_cast<std::uint64_t>(std::lround(policy.min_strength)); },
      [&policy](std::uint64_t bits) { policy.min_strength = static_cast<double>(bits); }, 0, strongest);
  return {size_key("min_length", policy.min_length, 1, longest), std::move(strength),
          size_key("history", policy.history, 0, directory::max_history),
          seconds_key("max_age", policy.max_age, milliseconds(0), ten_years)};
}

}  // namespace ferryman::realm
