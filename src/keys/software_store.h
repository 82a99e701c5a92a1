#pragma once

#include "keys/key_store.h"

namespace ferryman::keys {

// The last resort where there is no TPM: a key is in its file, and whoever copies that has it. With a PIN it
// is encrypted (PBES2, scrypt, AES-256; openssl reads it), which nobody's count of wrong tries protects: the
// PIN itself is all there is, so it is longer than a TPM's. Keys without one, and what is "sealed", are as
// safe as a file of mode 0600 and no safer.
class SoftwareStore final : public KeyStore {
 public:
  std::string name() const override { return "files, without a TPM"; }
  std::size_t min_pin_size() const override { return 8; }
  Outcome<std::optional<PinTries>> pin_tries() override { return std::nullopt; }
  Outcome<NewKey> create(KeyUse use, Bytes pin) override;
  Outcome<Octets> sign(Bytes key, Bytes pin, Bytes digest) override;
  Outcome<Secret> decrypt(Bytes key, Bytes encrypted) override;
  Outcome<Secret> seal(Bytes plain) override { return Secret(plain); }
  Outcome<Secret> unseal(Bytes sealed) override { return Secret(sealed); }
};

}  // namespace ferryman::keys
