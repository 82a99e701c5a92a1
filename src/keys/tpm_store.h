#pragma once

#include <memory>
#include <optional>
#include <string>

#include "keys/key_store.h"
#include "keys/tpm.h"
#include "keys/tpm_attester.h"
#include "keys/tpm_key.h"

namespace ferryman::keys {

// Keys of a TPM 2.0. Nothing of them stays in it: each comes from its file, is used and flushed. A PIN is the
// key's authValue, and the TPM counts the wrong ones.
class TpmStore final : public KeyStore, public Attester {
 public:
  // Makes the storage root key, for which the owner hierarchy must have no password. known: what root() was
  // when the first key was made; with it another TPM, also one that someone put between, is found out before
  // a PIN is proved to it. Faults: not_reachable, foreign, failed.
  static Outcome<std::unique_ptr<TpmStore>> open(const std::string& tcti,
                                                 const std::optional<Octets>& known = std::nullopt);

  // The name (TPM 2.0 part 1, 16) of the storage root key: public, and of this TPM alone until it is cleared.
  const Octets& root() const { return root_name_; }

  std::string name() const override;
  std::size_t min_pin_size() const override { return 4; }  // the TPM allows few tries
  Outcome<std::optional<PinTries>> pin_tries() override;
  Outcome<NewKey> create(KeyUse use, Bytes pin) override;
  Outcome<Octets> sign(Bytes key, Bytes pin, Bytes digest) override;
  Outcome<Secret> decrypt(Bytes key, Bytes encrypted) override;
  Attester* attester() override { return this; }
  Outcome<Endorsement> endorsement() override { return endorsement_of(*tpm_); }
  Outcome<Attestation> attest(Bytes key, Bytes pin, const AttestationChallenge& challenge) override;
  Outcome<Secret> seal(Bytes plain) override;
  Outcome<Secret> unseal(Bytes sealed) override;

 private:
  TpmStore(std::string tcti, std::unique_ptr<Tpm> tpm, TpmHandle root, Octets root_name)
      : tcti_(std::move(tcti)),
        tpm_(std::move(tpm)),
        root_(std::move(root)),
        root_name_(std::move(root_name)) {}

  Outcome<TpmKey> make(TpmKey::Kind kind, const TPM2B_PUBLIC& area, Bytes pin, Bytes sealed) const;
  Outcome<TpmHandle> load(const TpmKey& key) const;

  std::string tcti_;
  std::unique_ptr<Tpm> tpm_;
  TpmHandle root_;
  Octets root_name_;
};

}  // namespace ferryman::keys
