#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "pki/owned.h"
#include "pkinit/logon_certificate.h"
#include "ticket/refusal.h"

namespace ferryman::pkinit {

// The authorities whose certificates an administrator lets users log on with (RFC 4556 3.2.2; Active
// Directory's NTAuth store), and their lists of what they revoked. One in the middle of a chain is as good as
// its root. These alone are believed, none of the system's. Never changes, any thread may use it.
class LogonAnchors {
 public:
  static constexpr int max_depth = 8;  // authorities between a certificate and its anchor

  // PEM, one after the other: of certificates, and, where they are given, of CRLs (RFC 5280 5), one at least.
  // With demands_crl, a CRL that is valid must be there for each certificate of a chain but its anchor; else
  // what a CRL says counts, also when it is out of date, but none needs to be there. Faults: wrong_value
  // where one cannot be read or a certificate is no authority's, missing_field where there is no certificate.
  static Result<LogonAnchors> parse(Bytes certificates, std::optional<Bytes> crls, bool demands_crl);

  // Whether a chain leads from the certificate to an anchor (RFC 5280 6), over others, in which anybody may
  // have put anything. Keys of less than 112 bits of security and SHA-1 are not enough. now: seconds since
  // 1970. Codes, with their e-data:
  //
  //   70 cannot_verify_certificate   no anchor issued it; TD-TRUSTED-CERTIFIERS
  //   71 invalid_certificate, 72 revoked_certificate, 73 revocation_status_unknown
  //                                  TD-INVALID-CERTIFICATES: the one of the chain that it is about
  //   77 inconsistent_key_purpose    an authority under the anchor is for other purposes only
  //   78 digest_in_certificate_not_accepted   TD-CERT-DIGEST-ALGORITHMS
  //
  // What the certificate is for is check_purpose()'s to say.
  Judged<void> verify(const LogonCertificate& certificate, std::span<const pki::OwnedCertificate> others,
                      std::int64_t now) const;

 private:
  LogonAnchors(std::shared_ptr<X509_STORE> store, Octets certifiers, bool checks_crls, bool demands_crl)
      : store_(std::move(store)),
        certifiers_(std::move(certifiers)),
        checks_crls_(checks_crls),
        demands_crl_(demands_crl) {}

  Refusal refusal_of(X509_STORE_CTX* context) const;

  std::shared_ptr<X509_STORE> store_;
  Octets certifiers_;  // e-data
  bool checks_crls_, demands_crl_;
};

}  // namespace ferryman::pkinit
