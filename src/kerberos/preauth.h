#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kerberos/codec.h"
#include "kerberos/elements.h"
#include "kerberos/limits.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// What RFC 4120's padata elements hold. Their padata-value is one of these, encoded.

// PA-ENC-TS-ENC (RFC 4120 5.2.7.2): encrypted in PA-ENC-TIMESTAMP and PA-ENCRYPTED-CHALLENGE.
struct PaEncTsEnc {
  std::int64_t patimestamp = 0;  // seconds since 1970
  std::optional<std::int32_t> pausec;
};

// ETYPE-INFO-ENTRY (RFC 4120 5.2.7.4); salt is any octets there.
struct EtypeInfoEntry {
  std::int32_t etype = 0;
  std::optional<Bytes> salt;
};
using EtypeInfo = Elements<EtypeInfoEntry, limits::max_etype_info>;

// ETYPE-INFO2-ENTRY (RFC 4120 5.2.7.5). An absent salt stands for the default one, an empty one for none.
struct EtypeInfo2Entry {
  std::int32_t etype = 0;
  std::optional<Bytes> salt;  // a KerberosString; may hold any octets, as old password salts do
  std::optional<Bytes> s2kparams;
};
using EtypeInfo2 = Elements<EtypeInfo2Entry, limits::max_etype_info>;

void read(der::Reader& reader, PaEncTsEnc& out);
void write(der::Writer& writer, const PaEncTsEnc& timestamp);
void read(der::Reader& reader, EtypeInfoEntry& out);
void write(der::Writer& writer, const EtypeInfoEntry& entry);
void read(der::Reader& reader, EtypeInfo2Entry& out);
void write(der::Writer& writer, const EtypeInfo2Entry& entry);

}  // namespace ferryman::kerberos
