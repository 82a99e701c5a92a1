#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "kerberos/codec.h"
#include "kerberos/elements.h"
#include "kerberos/limits.h"
#include "kerberos/principal_name.h"

// Public key cryptography for initial authentication (RFC 4556, RFC 8636, RFC 8070). What CMS and X.509 have
// of it is octets here.
namespace ferryman::kerberos {

// KRB5PrincipalName (RFC 4556 3.2.2).
struct Krb5PrincipalName {
  std::string_view realm;
  PrincipalName name;
};

// PA-PK-AS-REQ (RFC 4556 3.2.1). Whom the client trusts is not read.
struct PaPkAsReq {
  Bytes signed_auth_pack;  // a CMS ContentInfo
};

// PAChecksum2 [MS-PKCA 2.2.3], of another digest than SHA-1.
struct PaChecksum2 {
  Bytes checksum;
  Bytes algorithm;  // the content of the OBJECT IDENTIFIER in its AlgorithmIdentifier
};

// PKAuthenticator (RFC 4556 3.2.1, RFC 8070 2.3).
struct PkAuthenticator {
  std::int32_t cusec = 0;
  std::int64_t ctime = 0;          // seconds since 1970
  std::uint32_t nonce = 0;         // goes back in KDCDHKeyInfo
  std::optional<Bytes> checksum;   // SHA-1 of the KDC-REQ-BODY
  std::optional<Bytes> freshness;  // the KDC's token
  std::optional<PaChecksum2> checksum2;
};

// KDFAlgorithmId (RFC 8636 4).
struct KdfAlgorithm {
  Bytes id;  // the content of an OBJECT IDENTIFIER
};
using KdfAlgorithms = Elements<KdfAlgorithm, limits::max_kdfs>;

// AuthPack (RFC 4556 3.2.1, RFC 8636 5). What the client takes of CMS is not read.
struct AuthPack {
  PkAuthenticator authenticator;
  Bytes client_public_value;  // a SubjectPublicKeyInfo with its header; empty: absent
  Bytes client_nonce;         // clientDHNonce; empty: absent
  // Absent: the client knows no other key derivation than that of RFC 4556. An empty list is another thing.
  std::optional<KdfAlgorithms> kdfs;
};

// KDCDHKeyInfo (RFC 4556 3.2.3.1).
struct KdcDhKeyInfo {
  Bytes public_key;  // octets of a BIT STRING
  std::uint32_t nonce = 0;
};

// PA-PK-AS-REP (RFC 4556 3.2.3): of its choices dhInfo, and DHRepInfo in it.
struct PaPkAsRep {
  Bytes signed_key_info;  // a CMS ContentInfo
  std::optional<KdfAlgorithm> kdf;
};

void read(der::Reader& reader, Krb5PrincipalName& out);
void write(der::Writer& writer, const Krb5PrincipalName& name);
void read(der::Reader& reader, PaPkAsReq& out);
void write(der::Writer& writer, const PaPkAsReq& req);
void read(der::Reader& reader, PaChecksum2& out);
void write(der::Writer& writer, const PaChecksum2& checksum);
void read(der::Reader& reader, PkAuthenticator& out);
void write(der::Writer& writer, const PkAuthenticator& authenticator);
void read(der::Reader& reader, KdfAlgorithm& out);
void write(der::Writer& writer, const KdfAlgorithm& algorithm);
void read(der::Reader& reader, AuthPack& out);
void write(der::Writer& writer, const AuthPack& pack);
void read(der::Reader& reader, KdcDhKeyInfo& out);
void write(der::Writer& writer, const KdcDhKeyInfo& info);
void read(der::Reader& reader, PaPkAsRep& out);
void write(der::Writer& writer, const PaPkAsRep& rep);

}  // namespace ferryman::kerberos
