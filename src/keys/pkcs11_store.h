#pragma once

#include <memory>
#include <string>
#include <utility>

#include "keys/key_store.h"

namespace ferryman::keys {

// The user's key on a PKCS#11 token, which is there already; all that has no PIN, and is used while the token
// is not there, is another store's.
class Pkcs11Store final : public KeyStore {
 public:
  // uri: RFC 7512. Nothing is looked for before it is used.
  Pkcs11Store(std::string uri, std::unique_ptr<KeyStore> others)
      : uri_(std::move(uri)), others_(std::move(others)) {}

  std::string name() const override { return uri_ + ", and " + others_->name(); }
  bool makes_pins() const override { return false; }
  std::size_t min_pin_size() const override { return 1; }
  Outcome<std::optional<PinTries>> pin_tries() override { return std::nullopt; }
  // With a PIN it makes nothing: it is the key that the URI names, whatever use is.
  Outcome<NewKey> create(KeyUse use, Bytes pin) override;
  Outcome<Octets> sign(Bytes key, Bytes pin, Bytes digest) override;
  Outcome<Secret> decrypt(Bytes key, Bytes encrypted) override { return others_->decrypt(key, encrypted); }
  Outcome<Secret> seal(Bytes plain) override { return others_->seal(plain); }
  Outcome<Secret> unseal(Bytes sealed) override { return others_->unseal(sealed); }

 private:
  std::string uri_;
  std::unique_ptr<KeyStore> others_;
};

}  // namespace ferryman::keys
