#pragma once

#include "keys/tpm.h"

namespace ferryman::keys {

// What of a command or its answer is encrypted: the first of its parameters, where it has a length.
struct Encrypted {
  bool command = false, answer = false;
};

// An authorization session (TPM 2.0 part 1, 19) that is salted for the storage root key: a PIN is proved by
// an HMAC and never crosses the bus, and from what does cross it nobody can guess one offline.
Outcome<TpmHandle> begin_session(const Tpm& tpm, ESYS_TR storage_root, Encrypted encrypted);

// The PIN of a loaded key, for the sessions that use it; the library's copy is wiped at the end.
class TpmPin {
 public:
  // pin: at most max_pin_size octets.
  TpmPin(const Tpm& tpm, ESYS_TR key, Bytes pin);
  TpmPin(const TpmPin&) = delete;
  TpmPin& operator=(const TpmPin&) = delete;
  ~TpmPin();

 private:
  const Tpm* tpm_;
  ESYS_TR key_;
};

}  // namespace ferryman::keys
