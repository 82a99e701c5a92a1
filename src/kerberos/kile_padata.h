#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "kerberos/codec.h"
#include "kerberos/elements.h"
#include "kerberos/kdc_req.h"
#include "kerberos/limits.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// What the padata elements of [MS-KILE] hold.

// KERB-PA-PAC-REQUEST [MS-KILE 2.2.3].
struct PacRequest {
  bool include_pac = false;
};

// PA-PAC-OPTIONS [MS-KILE 2.2.10].
struct PacOptions {
  std::uint32_t flags = 0;  // pac_option
};

// KERB-KEY-LIST-REQ [MS-KILE 2.2.11]: the encryption types of which the client wants its keys.
struct KeyListReq {
  EtypeList etypes;
};

// KERB-KEY-LIST-REP [MS-KILE 2.2.12]: keys, which are secrets; they are written without a list in between.
using KeyList = Elements<EncryptionKey, limits::max_keys>;
struct WrittenKeyList {
  std::span<const EncryptionKey> keys;
};

void read(der::Reader& reader, PacRequest& out);
void write(der::Writer& writer, const PacRequest& request);
void read(der::Reader& reader, PacOptions& out);
void write(der::Writer& writer, const PacOptions& options);
void read(der::Reader& reader, KeyListReq& out);
void write(der::Writer& writer, const KeyListReq& req);
void write(der::Writer& writer, const WrittenKeyList& list);

// PA-SUPPORTED-ENCTYPES [MS-KILE 2.2.8]: supported_enctype bits as four octets, little-endian, no DER.
std::optional<std::uint32_t> parse_supported_enctypes(Bytes value);
std::array<std::uint8_t, 4> supported_enctypes_octets(std::uint32_t bits);

}  // namespace ferryman::kerberos
