#pragma once

#include <cstdint>
#include <optional>

#include "kerberos/codec.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// KRB-PRIV (RFC 4120 5.7.1).
struct KrbPriv {
  EncryptedData enc_part;
};

// EncKrbPrivPart (RFC 4120 5.7.1). user_data of kpasswd is a secret: the new password.
struct EncKrbPrivPart {
  Bytes user_data;
  std::optional<std::int64_t> timestamp;  // seconds since 1970
  std::optional<std::int32_t> usec;
  std::optional<std::uint32_t> seq_number;
  HostAddress s_address;
  std::optional<HostAddress> r_address;
};

void read(der::Reader& reader, KrbPriv& out);
void write(der::Writer& writer, const KrbPriv& priv);
void read(der::Reader& reader, EncKrbPrivPart& out);
void write(der::Writer& writer, const EncKrbPrivPart& part);

}  // namespace ferryman::kerberos
