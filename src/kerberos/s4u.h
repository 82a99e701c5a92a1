#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kerberos/codec.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// Service for user to self: what PA-FOR-USER and PA-S4U-X509-USER hold. Realms may be empty here: the
// KDC's own is meant then.

// PA-FOR-USER [MS-SFU 2.2.1].
struct PaForUser {
  PrincipalName user_name;
  std::string_view user_realm;
  Checksum checksum;  // over checksummed_octets(), key usage pa_for_user
  std::string_view auth_package = "Kerberos";
};

// S4UUserID [MS-SFU 2.2.2].
struct S4uUserId {
  Bytes octets;  // as received, which is what the checksum is over; write() does not look at it
  std::int64_t nonce = 0;
  std::optional<PrincipalName> cname;
  std::string_view crealm;
  Bytes subject_certificate;             // empty: absent
  std::optional<std::uint32_t> options;  // s4u_option
};

// PA-S4U-X509-USER [MS-SFU 2.2.2].
struct PaS4uX509User {
  S4uUserId user_id;
  Checksum checksum;
};

void read(der::Reader& reader, PaForUser& out);
void write(der::Writer& writer, const PaForUser& user);
void read(der::Reader& reader, S4uUserId& out);
void write(der::Writer& writer, const S4uUserId& id);
void read(der::Reader& reader, PaS4uX509User& out);
void write(der::Writer& writer, const PaS4uX509User& user);

// What the checksum of PA-FOR-USER is over: the name-type as four octets, little-endian, the components,
// the realm and the package, one behind the other.
std::vector<std::uint8_t> checksummed_octets(const PaForUser& user);

}  // namespace ferryman::kerberos
