#pragma once

#include <openssl/ocsp.h>

#include <cstdint>
#include <ctime>
#include <optional>

#include "base/bytes.h"

namespace ferryman::ocsp {

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

// Of the one part of a response that is about the certificate.
Staple status_of(OCSP_SINGLERESP* single);

// A response as the server's owner keeps it. Whose signature it has is for clients to judge.
struct KeptResponse {
  Staple says = Staple::unverifiable;
  std::optional<std::time_t> until;  // when it is out of date; nothing: never

  // Whether it helps a client to have it: it is about the certificate, and in its time.
  bool is_of_use(std::time_t now) const;
};
KeptResponse read_response(Bytes der, X509* certificate);

}  // namespace ferryman::ocsp
