#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/secret.h"
#include "keys/attester.h"
#include "keys/key_error.h"
#include "pki/public_key.h"

namespace ferryman::keys {

// What a key is made for; it does nothing else.
enum class KeyUse : std::uint8_t {
  sign_rsa,     // RSA of 2048 bits, PKCS#1 v1.5 with SHA-256: the "RS256" of JOSE
  sign_p256,    // ECDSA on P-256 with SHA-256: "ES256"
  decrypt_rsa,  // RSA of 2048 bits, OAEP with SHA-1: "RSA-OAEP"
};

inline constexpr std::size_t sha256_size = 32, max_pin_size = 32;  // octets

struct NewKey {
  Secret kept;  // for the calls that use it
  pki::PublicKey public_key;
};

// Where private keys are made and used: the user's with a PIN; the device's and the transport key, and what
// is sealed, without one, since they are used while nobody is there to type it.
//
// A store keeps nothing itself. What create() and seal() give is for a file that only its user may read, and
// comes back to the calls that follow, in this process or a later one. It is text in PEM: of a TPM, "TSS2
// PRIVATE KEY", which that TPM alone can use; else PKCS#8.
//
// One thread at a time may use a store.
class KeyStore {
 public:
  KeyStore() = default;
  KeyStore(const KeyStore&) = delete;
  KeyStore& operator=(const KeyStore&) = delete;
  virtual ~KeyStore() = default;

  // What and where it is, for a person: "the TPM (IBM) at device:/dev/tpmrm0".
  virtual std::string name() const = 0;
  // Whether a key with a PIN is new and its PIN as well; else both are there already.
  virtual bool makes_pins() const { return true; }
  // Fewer octets in a PIN are refused by create(), which takes at most max_pin_size.
  virtual std::size_t min_pin_size() const = 0;
  // How often a PIN may still be tried; nothing where the store does not count.
  virtual Outcome<std::optional<PinTries>> pin_tries() = 0;

  // A new key. pin: empty for a key without one.
  virtual Outcome<NewKey> create(KeyUse use, Bytes pin) = 0;

  // digest: sha256_size octets. The signature as JOSE has it: of P-256 the two numbers behind each other.
  virtual Outcome<Octets> sign(Bytes key, Bytes pin, Bytes digest) = 0;
  virtual Outcome<Secret> decrypt(Bytes key, Bytes encrypted) = 0;

  // Null where nobody else need believe what the store says of its keys.
  virtual Attester* attester() { return nullptr; }

  // Keeps octets so that they can be read here only, as far as the store can do that; and those again.
  virtual Outcome<Secret> seal(Bytes plain) = 0;
  virtual Outcome<Secret> unseal(Bytes sealed) = 0;
};

// What is wrong with a new PIN, for a person; nothing where it will do. Empty: no PIN is wanted.
std::optional<std::string> why_unfit(const KeyStore& store, Bytes pin);

}  // namespace ferryman::keys
