#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "kerberos/principal_name.h"
#include "pki/public_key.h"
#include "ticket/refusal.h"

namespace ferryman::pkinit {

// KRB5PrincipalName (RFC 4556 3.2.2).
struct KerberosName {
  std::string realm;
  kerberos::Name name;
};

// An X.509 certificate (RFC 5280) that a client logs on with, and what it says of her. Nobody believes that
// before who signed it is known (pkinit/anchors.h), but where her key itself is known: public_key. Copies
// share the certificate; it never changes, any thread may use it.
class LogonCertificate {
 public:
  static constexpr std::size_t max_size = 16384;  // octets of DER
  static constexpr std::size_t max_names = 32;    // subject alternative names
  static constexpr std::size_t max_upn = 1024;    // octets
  static constexpr std::size_t max_sid = 184;     // octets: 15 subauthorities, all as long as can be

  // Takes a reference of its own. Total on hostile octets. 71 (invalid_certificate) for one that is too
  // large, whose key is neither RSA of 2048 to 4096 bits nor on P-256, P-384 or P-521, or where an extension
  // that is read here stands twice or is not what it should be.
  static Judged<LogonCertificate> of(X509* certificate);

  // Subject alternative names: id-pkinit-san (RFC 4556 3.2.2), and Microsoft's UPN ([MS-PKCA] 3.1.5.2.1).
  std::vector<KerberosName> kerberos_names;
  std::vector<std::string> upns;   // UTF-8, not empty, without control characters
  std::optional<std::string> sid;  // "S-1-5-21-...": szOID_NTDS_CA_SECURITY_EXT, [MS-WCCE] 2.2.2.7.7.4

  // Extended key usage: id-pkinit-KPClientAuth (RFC 4556 3.2.2), and Microsoft's smart card logon.
  bool is_for_pkinit = false, is_for_smart_cards = false;
  bool signs = false;  // a key usage is there, with digitalSignature (RFC 5280 4.2.1.3)

  bool is_self_issued = false;        // issuer and subject are the same
  std::optional<pki::PublicKey> key;  // nothing: on a curve that pki::PublicKey does not take

  X509* openssl() const { return certificate_.get(); }

 private:
  explicit LogonCertificate(std::shared_ptr<X509> certificate) : certificate_(std::move(certificate)) {}

  std::shared_ptr<X509> certificate_;
};

// Whether it may be used to log on (RFC 4556 3.2.2): one of the two extended key usages, and
// digitalSignature. 77 (inconsistent_key_purpose) where not.
Judged<void> check_purpose(const LogonCertificate& certificate);

}  // namespace ferryman::pkinit
