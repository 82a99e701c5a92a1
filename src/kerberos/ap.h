#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kerberos/authorization_data.h"
#include "kerberos/codec.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// The AP exchange (RFC 4120 5.5): what a TGS-REQ and FAST's armor have inside, and kpasswd. ApReq itself is
// in kerberos/parts.h. Times are seconds since 1970.

// Authenticator (RFC 4120 5.5.1), which an AP-REQ has encrypted.
struct Authenticator {
  std::string_view crealm;
  PrincipalName cname;
  std::optional<Checksum> checksum;
  std::int32_t cusec = 0;
  std::int64_t ctime = 0;
  std::optional<EncryptionKey> subkey;
  std::optional<std::uint32_t> seq_number;
  AuthorizationData authorization_data;
};

// AP-REP (RFC 4120 5.5.2).
struct ApRep {
  EncryptedData enc_part;
};

// EncAPRepPart (RFC 4120 5.5.2).
struct EncApRepPart {
  std::int64_t ctime = 0;
  std::int32_t cusec = 0;
  std::optional<EncryptionKey> subkey;
  std::optional<std::uint32_t> seq_number;
};

void read(der::Reader& reader, ApReq& out);
void write(der::Writer& writer, const ApReq& req);
void read(der::Reader& reader, Authenticator& out);
void write(der::Writer& writer, const Authenticator& authenticator);
void read(der::Reader& reader, ApRep& out);
void write(der::Writer& writer, const ApRep& rep);
void read(der::Reader& reader, EncApRepPart& out);
void write(der::Writer& writer, const EncApRepPart& part);

}  // namespace ferryman::kerberos
