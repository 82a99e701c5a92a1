#pragma once

#include <openssl/ssl.h>

#include <cstdint>

namespace ferryman::pki {

// What a stapled OCSP response (RFC 6066 8, RFC 6960) says of a server's certificate.
enum class Staple : std::uint8_t {
  absent,
  good,
  revoked,       // also where the response is out of date: what was revoked does not become good by waiting
  unknown,       // the responder does not know the certificate
  out_of_date,   // or not valid yet
  unverifiable,  // no response, an error, not signed by the issuer or who may sign for it, or of another
                 // certificate
};

// Of the handshake's response. built: the server's chain, its certificate first and its issuer's behind it,
// as it was verified; null: it was not, and nothing can be said of a response. trust: whom the signer is held
// against.
Staple judge_staple(SSL* ssl, STACK_OF(X509) * built, X509_STORE* trust);

}  // namespace ferryman::pki
