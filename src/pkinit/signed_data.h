#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "pki/owned.h"
#include "pkinit/kdc_identity.h"
#include "pkinit/logon_certificate.h"
#include "ticket/refusal.h"

namespace ferryman::pkinit {

// What a client sent as signedAuthPack (RFC 4556 3.2.1). Whoever holds the certificate's key signed the
// content; who that is, and whether anybody trusts the certificate, is not known yet.
struct SignedRequest {
  Octets content;                               // an AuthPack, or what stands in its place
  std::optional<LogonCertificate> certificate;  // the signer's; none: nobody signed it (RFC 8062 4.1)
  std::vector<pki::OwnedCertificate> others;    // which came with it, in their order
};

inline constexpr std::size_t max_signed_data = 65536;  // octets
inline constexpr std::size_t max_certificates = 16;

// A ContentInfo with a SignedData (RFC 5652 5) of id-pkinit-authData, BER or DER, with the content inside and
// one signer, or none. Nothing is trusted. Codes:
//
//   24 preauth_failed   no such message, one of another content type or too large, two signers, or the
//                       signer's certificate is not with it
//   64 invalid_signature   the signature, or the attributes that it covers (RFC 5652 5.3: they must be
//   there),
//                          are not those of this content; or made in a way that is not served: not by RSA
//                          with PKCS #1 or PSS (RFC 4055), nor by ECDSA (RFC 5753)
//   71 invalid_certificate   as of LogonCertificate::of()
//   80 digest_in_signed_data_not_accepted   another digest than SHA-256, SHA-384 or SHA-512, with
//                                           TD-CMS-DIGEST-ALGORITHMS
Judged<SignedRequest> open_signed(Bytes cms);

// Content types (RFC 4556 appendix A), as text: what a client's request and a KDC's reply hold.
namespace content_type {
inline constexpr const char* auth_data = "1.3.6.1.5.2.3.1";
inline constexpr const char* dh_key_data = "1.3.6.1.5.2.3.2";
}  // namespace content_type

// A ContentInfo with a SignedData of that type: by one signer, with SHA-256, his certificate and the others
// inside, definite lengths throughout. content_type: one of those above. Throws std::runtime_error where key
// and certificate do not belong together.
Octets sign(const KdcIdentity& signer, Bytes content, const char* content_type = content_type::dh_key_data);

}  // namespace ferryman::pkinit
