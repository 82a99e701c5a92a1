#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "discovery/kdc.h"

namespace ferryman::discovery {

// The Flags of DsrGetDcNameEx2 (MS-NRPC 3.5.4.3.1), which is what a dclocator-hint is (MS-KKDCP 2.2.2).
namespace hint {
inline constexpr std::uint32_t force_rediscovery = 0x1, directory_service_required = 0x10,
                               directory_service_preferred = 0x20, gc_server_required = 0x40,
                               pdc_required = 0x80, background_only = 0x100, ip_required = 0x200,
                               kdc_required = 0x400, timeserv_required = 0x800, writable_required = 0x1000,
                               good_timeserv_preferred = 0x2000, avoid_self = 0x4000,
                               only_ldap_needed = 0x8000, is_flat_name = 0x10000, is_dns_name = 0x20000,
                               try_nextclosest_site = 0x40000, directory_service_6_required = 0x80000,
                               web_service_required = 0x100000, directory_service_8_required = 0x200000,
                               directory_service_9_required = 0x400000,
                               directory_service_10_required = 0x800000,
                               key_list_support_required = 0x1000000,
                               directory_service_13_required = 0x2000000, return_dns_name = 0x40000000,
                               return_flat_name = 0x80000000;

// What holds where a message has none: bits G and H (MS-KKDCP 3.2.5.1).
inline constexpr std::uint32_t none_given = ip_required | kdc_required;
}  // namespace hint

// False for what DsrGetDcNameEx2 answers with ERROR_INVALID_FLAGS: unknown bits, and bits that exclude each
// other. site_given: that a site is asked for, which excludes DS_TRY_NEXTCLOSEST_SITE.
bool is_valid_hint(std::uint32_t flags, bool site_given = false);

// "DS_IP_REQUIRED | DS_KDC_REQUIRED", unknown bits as a number; "0" for none.
std::string hint_names(std::uint32_t flags);

// "0x600", "1536", or names with or without "DS_", in any case, joined by '|', ',' or blanks. The error is a
// sentence's end.
tl::expected<std::uint32_t, std::string> parse_hint(std::string_view text);

// The same for the flags that a domain controller tells of itself (MS-ADTS 6.3.1.2): "PDC GC LDAP DS KDC".
std::string ds_flag_names(std::uint32_t flags);

// What a domain controller must be for one request.
struct Wanted {
  // The SRV records that name candidates (MS-ADTS 6.3.2.3).
  enum class Records : std::uint8_t { kdc, ldap, pdc, gc };

  Records records = Records::kdc;
  std::uint32_t required = 0;   // of ds_flag, all of them
  std::uint32_t preferred = 0;  // of ds_flag: who has them goes first
  bool version_6 = false;       // Windows Server 2008 or later, read-only or not
  // Can do FAST: DS_8 wherever the domain has that flag at all. Writable ones go first, whatever the site: a
  // read-only one may have to ask another, and such a request cannot be given to a second one.
  bool fast = false;
  bool next_closest_site = false;

  friend auto operator<=>(const Wanted&, const Wanted&) = default;

  // Of ds_flag: what is wanted and not among those; 0 where nothing is. version_6 is missing as
  // full_secret_6.
  std::uint32_t missing_in(std::uint32_t ds_flags, bool domain_has_ds_8) const;
};

// armored: the request is FAST-armored, which adds bit U (MS-KKDCP 3.2.5.1). A password is changed at a
// writable domain controller.
Wanted wanted_by(std::uint32_t hint, Service service, bool armored);

}  // namespace ferryman::discovery
