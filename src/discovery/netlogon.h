#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::discovery {

// What a domain controller is and does: the Flags of its answer to a ping, DS_FLAG in MS-ADTS 6.3.1.2.
namespace ds_flag {
inline constexpr std::uint32_t pdc = 1, gc = 4, ldap = 8, ds = 0x10, kdc = 0x20, timeserv = 0x40,
                               closest = 0x80, writable = 0x100, good_timeserv = 0x200, ndnc = 0x400,
                               select_secret_6 = 0x800, full_secret_6 = 0x1000, web_service = 0x2000,
                               ds_8 = 0x4000, ds_9 = 0x8000, ds_10 = 0x10000, key_list = 0x20000,
                               ds_13 = 0x40000;
}

// NETLOGON_NT_VERSION_* (MS-ADTS 6.3.1.1): the answer in its extended form, with the client's next closest
// site.
inline constexpr std::uint32_t netlogon_nt_version = 0x02 | 0x04 | 0x10;

// An LDAP search over UDP for the attribute Netlogon of the rootDSE, which asks a domain controller what it
// is (MS-ADTS 6.3.3.1). dns_domain: that it should serve.
std::vector<std::uint8_t> netlogon_request(std::uint32_t message_id, std::string_view dns_domain,
                                           std::uint32_t nt_version = netlogon_nt_version);

// NETLOGON_SAM_LOGON_RESPONSE_EX (MS-ADTS 6.3.1.9).
struct NetlogonReply {
  std::uint32_t flags = 0;
  std::array<std::uint8_t, 16> domain_guid{};
  std::string dns_forest, dns_domain, dns_host, netbios_domain, netbios_host, user;
  std::string dc_site, client_site, next_closest_site;
  std::uint32_t nt_version = 0;

  bool has(std::uint32_t all) const { return (flags & all) == all; }
};

// Reads one datagram. A domain controller that does not serve the domain answers without the attribute:
// nothing. Total; at most a few hundred octets are ever copied.
Result<std::optional<NetlogonReply>> read_netlogon_reply(Bytes datagram, std::uint32_t message_id);

}  // namespace ferryman::discovery
