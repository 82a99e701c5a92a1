#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kerberos/codec.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// One entry of LastReq (RFC 4120 5.4.2).
struct LastReqEntry {
  std::int32_t type = last_req_type::none;
  std::int64_t time = 0;
};
using LastReq = Elements<LastReqEntry, limits::max_last_req>;

// EncKDCRepPart (RFC 4120 5.4.2), which the enc-part of a KDC-REP holds. Times are seconds since 1970.
struct EncKdcRepPart {
  // RFC 4120 has enc_as_rep_part in an AS-REP and enc_tgs_rep_part in a TGS-REP. MIT's KDC writes the second
  // one into both, so readers take either; not all take the second one in an AS-REP.
  unsigned tag = application_tag::enc_as_rep_part;
  EncryptionKey key;
  LastReq last_req;  // not OPTIONAL; old decoders refuse an empty one: write an entry of type none, time 0
  std::int64_t nonce = 0;  // as in the request
  std::optional<std::int64_t> key_expiration;
  std::uint32_t flags = 0;
  std::int64_t authtime = 0;
  std::optional<std::int64_t> starttime;
  std::int64_t endtime = 0;
  std::optional<std::int64_t> renew_till;
  std::string_view srealm;
  PrincipalName sname;
  HostAddresses caddr;
  PadataList encrypted_pa_data;  // RFC 6806 11
};

void read(der::Reader& reader, LastReqEntry& out);
void write(der::Writer& writer, const LastReqEntry& entry);
void read(der::Reader& reader, EncKdcRepPart& out);
void write(der::Writer& writer, const EncKdcRepPart& part);

}  // namespace ferryman::kerberos
