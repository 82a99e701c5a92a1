#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/secret.h"
#include "directory/guid.h"

// On-premises Active Directory domains, to which tenants are linked as read-only domain controllers are
// ([MS-ADTS] 6.1.1.3): a tenant has the key of an account krbtgt_NNNNN there.
namespace ferryman::directory {

struct AdLink {
  std::string domain{};        // its DNS name, by which it is found without case: "ad.example.com"
  std::string realm{};         // "AD.EXAMPLE.COM"
  std::string netbios_name{};  // "EXAMPLE"
  std::string domain_sid{};
  std::uint16_t number = 0, key_version = 0;  // of the krbtgt's account, and its present key's
  std::int32_t etype = 0;                     // of that key
  std::int64_t linked = 0, changed = 0;

  // As it stands in tickets ([MS-KILE] 3.1.5.8).
  std::uint32_t kvno() const { return std::uint32_t{number} << 16 | key_version; }
};
// Beyond, none is linked. Below the last one kvno() has no sign, which some clients' readers know nothing of.
inline constexpr std::size_t max_ad_links = 16;
inline constexpr std::uint16_t max_rodc_number = 32767;

// Who a user is in such a domain.
struct OnPremisesUser {
  ObjectId user{};
  std::string domain{};   // the DNS name
  std::string sid{};      // her own there
  std::string name{};     // sAMAccountName
  bool disabled = false;  // there
  // What she has here from there, and goes when it changes there; empty or false: it is her own here.
  std::string given_name{}, given_upn{};
  bool gave_disabled = false;

  friend bool operator==(const OnPremisesUser&, const OnPremisesUser&) = default;
};

// What a partial TGT for a user is made of.
struct AdIdentity {
  AdLink link{};
  Secret key{};
  OnPremisesUser user{};
};

}  // namespace ferryman::directory
