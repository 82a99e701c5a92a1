#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "client/options.h"

namespace ferryman::client {

// Makes every handshake of that context ask for a stapled OCSP response and hold it against revocation (not
// "off"). A handshake that fails by it fails in OpenSSL; why is written to cause.
void check_staples(SSL_CTX* context, Revocation revocation, std::shared_ptr<std::string> cause);

}  // namespace ferryman::client
