#pragma once

#include <fido.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/owned.h"
#include "keys/key_error.h"

namespace ferryman::keys {

struct CloseSecurityKey {
  void operator()(fido_dev_t* device) const {
    fido_dev_close(device);
    fido_dev_free(&device);
  }
};

// A FIDO2 security key that is plugged in (CTAP 2). Its credentials are for one relying party each, and what
// is kept of one is its id alone. The key asks its user to touch it: prompt() tells her so, before each call
// that waits for that. One thread at a time.
class SecurityKey {
 public:
  using Prompt = std::function<void()>;

  // The one that is plugged in. Fault not_reachable where there is none, or where there are several.
  static Outcome<SecurityKey> find(Prompt prompt);

  // "the security key Yubico YubiKey OTP+FIDO+CCID".
  const std::string& name() const { return name_; }
  // It checks its user by a PIN; else by a finger or the like. One that does neither was not found().
  bool has_pin() const { return has_pin_; }

  // Which of these credentials of the relying party it has; nothing: none. Nobody needs to touch it.
  Outcome<std::optional<Octets>> find_credential(const std::string& rp_id, std::span<const Octets> ids);

  struct NewCredential {
    std::string rp_id{}, rp_name{};
    Octets user_handle{};
    std::string user_name{}, user_display_name{};
    Octets client_data_hash{};  // SHA-256
  };
  struct MadeCredential {
    Octets id, attestation_object;
  };
  // Of ES256, and found by its id alone, so that it takes none of the few places that a key has for others.
  // Faults: wrong_pin, locked, failed.
  Outcome<MadeCredential> make(const NewCredential& wanted, Bytes pin);

  struct Assertion {
    Octets authenticator_data, signature;
  };
  // The same faults, and foreign where the credential is another key's.
  Outcome<Assertion> sign(const std::string& rp_id, Bytes id, Bytes client_data_hash, Bytes pin);

 private:
  using Device = std::unique_ptr<fido_dev_t, CloseSecurityKey>;

  SecurityKey(Device device, std::string name, bool has_pin, Prompt prompt)
      : device_(std::move(device)), name_(std::move(name)), has_pin_(has_pin), prompt_(std::move(prompt)) {}

  static Outcome<SecurityKey> open(const fido_dev_info_t* info, Prompt prompt);
  tl::unexpected<KeyError> error(int code, const char* what) const;

  Device device_;
  std::string name_;
  bool has_pin_;
  Prompt prompt_;
};

}  // namespace ferryman::keys
