#include "discovery/dc_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

#include "base/text.h"
#include "discovery/netlogon.h"

namespace ferryman::discovery {
namespace {

struct Name {
  std::uint32_t flag;
  std::string_view name;
};

constexpr std::array<Name, 25> hint_table{{
    {hint::force_rediscovery, "DS_FORCE_REDISCOVERY"},
    {hint::directory_service_required, "DS_DIRECTORY_SERVICE_REQUIRED"},
    {hint::directory_service_preferred, "DS_DIRECTORY_SERVICE_PREFERRED"},
    {hint::gc_server_required, "DS_GC_SERVER_REQUIRED"},
    {hint::pdc_required, "DS_PDC_REQUIRED"},
    {hint::background_only, "DS_BACKGROUND_ONLY"},
    {hint::ip_required, "DS_IP_REQUIRED"},
    {hint::kdc_required, "DS_KDC_REQUIRED"},
    {hint::timeserv_required, "DS_TIMESERV_REQUIRED"},
    {hint::writable_required, "DS_WRITABLE_REQUIRED"},
    {hint::good_timeserv_preferred, "DS_GOOD_TIMESERV_PREFERRED"},
    {hint::avoid_self, "DS_AVOID_SELF"},
    {hint::only_ldap_needed, "DS_ONLY_LDAP_NEEDED"},
    {hint::is_flat_name, "DS_IS_FLAT_NAME"},
    {hint::is_dns_name, "DS_IS_DNS_NAME"},
    {hint::try_nextclosest_site, "DS_TRY_NEXTCLOSEST_SITE"},
    {hint::directory_service_6_required, "DS_DIRECTORY_SERVICE_6_REQUIRED"},
    {hint::web_service_required, "DS_WEB_SERVICE_REQUIRED"},
    {hint::directory_service_8_required, "DS_DIRECTORY_SERVICE_8_REQUIRED"},
    {hint::directory_service_9_required, "DS_DIRECTORY_SERVICE_9_REQUIRED"},
    {hint::directory_service_10_required, "DS_DIRECTORY_SERVICE_10_REQUIRED"},
    {hint::key_list_support_required, "DS_KEY_LIST_SUPPORT_REQUIRED"},
    {hint::directory_service_13_required, "DS_DIRECTORY_SERVICE_13_REQUIRED"},
    {hint::return_dns_name, "DS_RETURN_DNS_NAME"},
    {hint::return_flat_name, "DS_RETURN_FLAT_NAME"},
}};

constexpr std::array<Name, 18> ds_flag_table{{
    {ds_flag::pdc, "PDC"},
    {ds_flag::gc, "GC"},
    {ds_flag::ldap, "LDAP"},
    {ds_flag::ds, "DS"},
    {ds_flag::kdc, "KDC"},
    {ds_flag::timeserv, "TIMESERV"},
    {ds_flag::closest, "CLOSEST"},
    {ds_flag::writable, "WRITABLE"},
    {ds_flag::good_timeserv, "GOOD_TIMESERV"},
    {ds_flag::ndnc, "NDNC"},
    {ds_flag::select_secret_6, "SELECT_SECRET_6"},
    {ds_flag::full_secret_6, "FULL_SECRET_6"},
    {ds_flag::web_service, "WEB_SERVICE"},
    {ds_flag::ds_8, "DS_8"},
    {ds_flag::ds_9, "DS_9"},
    {ds_flag::ds_10, "DS_10"},
    {ds_flag::key_list, "KEY_LIST"},
    {ds_flag::ds_13, "DS_13"},
}};

template <std::size_t N>
std::string names(const std::array<Name, N>& table, std::uint32_t flags, std::string_view between) {
  std::string text;
  const auto add = [&](std::string_view name) {
    if (!text.empty()) text += between;
    text += name;
  };
  for (const Name& known : table) {
    if ((flags & known.flag) == 0) continue;
    add(known.name);
    flags &= ~known.flag;
  }
  if (flags != 0) add(fmt::format("{:#x}", flags));
  return text.empty() ? "0" : text;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> parse_one(std::string_view text) {
  if (const auto number = parse_number(text)) return number;
  constexpr std::size_t prefix = 3;  // "DS_"
  for (const Name& known : hint_table) {
    if (equal_without_case(text, known.name) || equal_without_case(text, known.name.substr(prefix)))
      return known.flag;
  }
  return std::nullopt;
}

template <std::size_t count>
constexpr std::uint32_t all_flags(const std::array<Name, count>& table) {
  std::uint32_t all = 0;
  for (const Name& name : table) all |= name.flag;
  return all;
}

bool excludes_each_other(std::uint32_t flags, std::uint32_t group) {
  const std::uint32_t set = flags & group;
  return (set & (set - 1)) != 0;
}

}  // namespace

bool is_valid_hint(std::uint32_t flags, bool site_given) {
  using namespace hint;
  constexpr std::uint32_t known = all_flags(hint_table);
  if ((flags & ~known) != 0) return false;
  constexpr std::uint32_t versions = directory_service_required | directory_service_6_required |
                                     directory_service_8_required | directory_service_9_required |
                                     directory_service_10_required | directory_service_13_required;
  constexpr std::uint32_t roles = gc_server_required | pdc_required | kdc_required;
  if (excludes_each_other(flags, roles) || excludes_each_other(flags, is_flat_name | is_dns_name) ||
      excludes_each_other(flags, return_dns_name | return_flat_name) ||
      excludes_each_other(flags, versions)) {
    return false;
  }
  constexpr std::uint32_t not_with_timeserv =
      directory_service_required | directory_service_preferred | roles;
  if ((flags & good_timeserv_preferred) != 0 && (flags & not_with_timeserv) != 0) return false;
  return !(site_given && (flags & try_nextclosest_site) != 0);
}

std::string hint_names(std::uint32_t flags) {
  return names(hint_table, flags, " | ");
}

std::string ds_flag_names(std::uint32_t flags) {
  return names(ds_flag_table, flags, " ");
}

tl::expected<std::uint32_t, std::string> parse_hint(std::string_view text) {
  constexpr std::string_view separators = "|, ";
  std::uint32_t flags = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    const auto flag = parse_one(word);
    if (!flag) {
      return tl::unexpected(fmt::format(
          "\"{}\" is no flag; a number such as 0x600 or names such as KDC_REQUIRED,WRITABLE_REQUIRED are",
          word));
    }
    flags |= *flag;
  }
  return flags;
}

Wanted wanted_by(std::uint32_t hint, Service service, bool armored) {
  const auto has = [hint](std::uint32_t flag) { return (hint & flag) != 0; };
  Wanted wanted;
  if (has(hint::gc_server_required)) {
    wanted.records = Wanted::Records::gc;
  } else if (has(hint::pdc_required)) {
    wanted.records = Wanted::Records::pdc;
  } else if (!has(hint::kdc_required)) {
    wanted.records = Wanted::Records::ldap;
  }
  wanted.required = ds_flag::kdc;  // whatever else it is, it is to answer a Kerberos message
  const auto require = [&](std::uint32_t flag, std::uint32_t ds) {
    if (has(flag)) wanted.required |= ds;
  };
  require(hint::gc_server_required, ds_flag::gc);
  require(hint::pdc_required, ds_flag::pdc);
  require(hint::directory_service_required, ds_flag::ds);
  require(hint::timeserv_required, ds_flag::timeserv);
  require(hint::writable_required, ds_flag::writable);
  require(hint::web_service_required, ds_flag::web_service);
  require(hint::directory_service_8_required, ds_flag::ds_8);
  require(hint::directory_service_9_required, ds_flag::ds_9);
  require(hint::directory_service_10_required, ds_flag::ds_10);
  require(hint::key_list_support_required, ds_flag::key_list);
  require(hint::directory_service_13_required, ds_flag::ds_13);
  if (service == Service::kpasswd) wanted.required |= ds_flag::writable;
  if (has(hint::good_timeserv_preferred)) wanted.preferred |= ds_flag::good_timeserv;
  if (has(hint::directory_service_preferred)) wanted.preferred |= ds_flag::ds;
  wanted.version_6 = has(hint::directory_service_6_required);
  wanted.fast = armored;
  wanted.next_closest_site = has(hint::try_nextclosest_site);
  return wanted;
}

std::uint32_t Wanted::missing_in(std::uint32_t ds_flags, bool domain_has_ds_8) const {
  std::uint32_t all = required;
  if (version_6 && (ds_flags & ds_flag::select_secret_6) == 0) all |= ds_flag::full_secret_6;
  if (fast && domain_has_ds_8) all |= ds_flag::ds_8;
  return all & ~ds_flags;
}

}  // namespace ferryman::discovery
