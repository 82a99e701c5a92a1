#pragma once

#include <openssl/ssl.h>

#include "ocsp/response.h"

namespace ferryman::pki {

using ocsp::Staple;

// Of the handshake's response. built: the server's chain, its certificate first and its issuer's behind it,
// as it was verified; null: it was not, and nothing can be said of a response. trust: whom the signer is held
// against.
Staple judge_staple(SSL* ssl, STACK_OF(X509) * built, X509_STORE* trust);

}  // namespace ferryman::pki
