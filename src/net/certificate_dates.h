#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/options.h"

namespace ferryman::net {

// Until when a certificate of the TLS listeners is good, in seconds of Unix time.
struct CertificateDates {
  std::string file;
  std::string subject;  // as RFC 2253 writes it, escaped
  std::int64_t not_before = 0, not_after = 0;
  std::optional<std::int64_t> staple_next_update;  // of its OCSP response (RFC 6960 4.2.2.1)
};

// Of each certificate that can be read. To be asked for when the files are loaded: later they may be others
// than those in force.
std::vector<CertificateDates> certificate_dates(const TlsOptions& options);

}  // namespace ferryman::net
