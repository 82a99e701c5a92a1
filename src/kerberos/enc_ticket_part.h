#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kerberos/authorization_data.h"
#include "kerberos/codec.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// TransitedEncoding (RFC 4120 5.3).
struct TransitedEncoding {
  std::int32_t type = transited_type::domain_x500_compress;
  Bytes contents;
};

// EncTicketPart (RFC 4120 5.3), which a ticket's enc-part holds. Times are seconds since 1970.
struct EncTicketPart {
  std::uint32_t flags = 0;
  EncryptionKey key;
  std::string_view crealm;
  PrincipalName cname;
  TransitedEncoding transited;
  std::int64_t authtime = 0;
  std::optional<std::int64_t> starttime;
  std::int64_t endtime = 0;
  std::optional<std::int64_t> renew_till;
  HostAddresses caddr;
  AuthorizationData authorization_data;
};

void read(der::Reader& reader, TransitedEncoding& out);
void write(der::Writer& writer, const TransitedEncoding& transited);
void read(der::Reader& reader, EncTicketPart& out);
void write(der::Writer& writer, const EncTicketPart& part);

}  // namespace ferryman::kerberos
