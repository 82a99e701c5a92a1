#pragma once

#include <openssl/types.h>

#include <optional>

namespace ferryman::pkinit {

// What the extended key usage (RFC 5280 4.2.1.12) of a certificate allows; all of it where there is none.
struct Purposes {
  bool is_limited = false;  // the extension is there
  bool pkinit = false, kdc = false, smart_card_logon = false, any = false;
};

// Nothing where the extension cannot be read or stands there twice.
std::optional<Purposes> read_purposes(const X509* certificate);

}  // namespace ferryman::pkinit
