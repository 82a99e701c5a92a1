#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace ferryman::pkinit {

// Whom a client believes when they say that a certificate is a KDC's (RFC 4556 3.2.4): these alone, none of
// the system's. Never changes, any thread may use it.
class KdcAnchors {
 public:
  // PEM: of authorities, one or more. Faults as of read_certificates().
  static Result<KdcAnchors> parse(Bytes pem);

  // The content of a SignedData of id-pkinit-DHKeyData that a KDC of the realm has signed. now: seconds since
  // 1970. The error says why it is none: "it is not signed by ...".
  tl::expected<Octets, std::string_view> open(Bytes cms, std::string_view realm, std::int64_t now) const;

 private:
  explicit KdcAnchors(std::shared_ptr<X509_STORE> store) : store_(std::move(store)) {}

  std::shared_ptr<X509_STORE> store_;
};

}  // namespace ferryman::pkinit
