#pragma once

#include <span>
#include <string>

#include "base/bytes.h"
#include "decode/keys.h"
#include "pac/pac.h"
#include "pac/signature.h"

namespace ferryman::decode {

// With what a PAC's signatures are compared; each may be absent.
struct PacChecker {
  std::span<const KeyPointer> keytab;  // for those of the KDC
  KeyPointer ticket_key;               // for the server's
  Bytes enc_ticket_part;               // in which the PAC stands, for the ticket's
};

// What that signature of the PAC is, for people: "verified with the key of R, kvno 1"; "wrong: ..."; or for
// want of what it was not checked.
std::string pac_signature_verdict(const pac::Pac& pac, pac::BufferType type, const pac::Signature& signature,
                                  const PacChecker& checker);

}  // namespace ferryman::decode
