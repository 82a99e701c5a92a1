#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "pki/staple.h"
#include "probe/finding.h"
#include "probe/url.h"

namespace ferryman::probe {

// What a certificate says; texts are printable.
struct Certificate {
  std::string subject, issuer, key;
  std::vector<std::string> names;              // of subjectAltName: DNS and IP
  std::int64_t not_before = 0, not_after = 0;  // seconds since 1970
  bool names_crl = false, names_ocsp = false;  // where revocation is published
};

std::string_view name(pki::Staple staple);

// What stands against a chain, as OpenSSL finds it.
enum class ChainFault : std::uint8_t { none, incomplete, unknown_root, self_signed, wrong_purpose, other };

struct Chain {
  std::vector<Certificate> sent;  // the server's own first; never empty after inspect()
  ChainFault fault = ChainFault::none;
  std::string fault_words;  // of ChainFault::other
  bool name_matches = false;
  pki::Staple staple = pki::Staple::absent;
};

// Looks at the chain that came in a handshake, against the context's trust. Validity in time is left to
// certificate_findings().
Chain inspect(SSL* ssl, const Target& target);

struct ExpiryLimits {
  int warning_days = 14, critical_days = 3;
};

// now: seconds since 1970.
Findings certificate_findings(const Chain& chain, const Target& target, std::int64_t now,
                              ExpiryLimits limits);

std::string date(std::int64_t seconds);  // "2026-11-21 10:00 UTC"

}  // namespace ferryman::probe
