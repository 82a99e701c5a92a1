#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "der/reader.h"
#include "der/writer.h"
#include "kerberos/elements.h"
#include "kerberos/kdc_req.h"
#include "kerberos/limits.h"
#include "kerberos/numbers.h"

namespace ferryman::kerberos {

// The parts that several messages share, as kerberos/codec.h has them: read(), write().

// EncryptedData (RFC 4120 5.2.9). kvno is UInt32 there; peers write and take it as Int32, so that of a
// read-only DC, whose number is in the upper half, comes as a negative one. It is read in both forms as the
// same 32 bits, and written as Int32.
struct EncryptedData {
  std::int32_t etype = 0;
  std::optional<std::uint32_t> kvno;
  Bytes cipher;
};

// Ticket (RFC 4120 5.3).
struct Ticket {
  std::string_view realm;
  PrincipalName sname;
  EncryptedData enc_part;
};

// AP-REQ (RFC 4120 5.5.1).
struct ApReq {
  std::uint32_t ap_options = 0;
  Ticket ticket;
  EncryptedData authenticator;
};

// EncryptionKey (RFC 4120 5.2.9): a secret.
struct EncryptionKey {
  std::int32_t type = 0;
  Bytes value;
};

// Checksum (RFC 4120 5.2.9).
struct Checksum {
  std::int32_t type = 0;
  Bytes value;
};

// HostAddress (RFC 4120 5.2.5).
struct HostAddress {
  std::int32_t type = 0;
  Bytes address;
};
using HostAddresses = Elements<HostAddress, limits::max_addresses>;

void read(der::Reader& reader, EncryptedData& out);
void write(der::Writer& writer, const EncryptedData& data);
void read(der::Reader& reader, Ticket& out);
void write(der::Writer& writer, const Ticket& ticket);
void read(der::Reader& reader, EncryptionKey& out);
void write(der::Writer& writer, const EncryptionKey& key);
void read(der::Reader& reader, Checksum& out);
void write(der::Writer& writer, const Checksum& checksum);
void read(der::Reader& reader, HostAddress& out);
void write(der::Writer& writer, const HostAddress& address);

// What a proxy reads on its way, without the limits. Those called field are read from a der::Reader that
// stands before their [number], the others from one that stands before the element itself.
Ticket read_ticket(der::Reader& reader);
ApReq read_ap_req(der::Reader& reader);
PrincipalName read_principal_name(der::Reader& reader);
PrincipalName read_name_field(der::Reader& fields, unsigned number);
EncryptedData read_encrypted_data(der::Reader& reader);
EncryptedData read_encrypted_data_field(der::Reader& fields, unsigned number);
std::string_view read_realm_field(der::Reader& fields, unsigned number);
// SEQUENCE OF PA-DATA, each element checked.
PadataList read_padata_field(der::Reader& fields, unsigned number);

// A [number] INTEGER that must have one value: pvno, msg-type, tkt-vno.
inline void expect_constant(der::Reader& fields, unsigned number, std::int32_t value) {
  if (fields.read_int32_field(der::context(number)) != value) fields.fail(Fault::wrong_value);
}

}  // namespace ferryman::kerberos
