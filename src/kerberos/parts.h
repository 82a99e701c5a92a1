#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "der/reader.h"
#include "kerberos/kdc_req.h"
#include "kerberos/numbers.h"

namespace ferryman::kerberos {

// The parts that several messages share. Those called field are read from a der::Reader that stands before
// their [number], the others from one that stands before the element itself. Faults go to the reader's
// Status. Every SEQUENCE is taken as extensible, as libkrb5 does: unknown fields behind the last known one
// pass.

// EncryptedData (RFC 4120 5.2.9). kvno is UInt32 there; a read-only DC's is written as a negative Int32 by
// some peers, and is taken as the same 32 bits.
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
