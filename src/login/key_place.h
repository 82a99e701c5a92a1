#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "keys/key_store.h"
#include "login/failure.h"

namespace ferryman::login {

inline constexpr char default_tcti[] = "device:/dev/tpmrm0";  // the kernel's TPM, with its resource manager

// Where an account's private keys are made and used.
struct KeyPlace {
  enum class Kind : std::uint8_t { software, tpm };

  Kind kind = Kind::software;
  std::string tcti{};            // of a TPM
  std::optional<Octets> root{};  // of a TPM whose keys there are already: it must be that one
  // Where the user's own key is, where it is not there as well: "fido", a security key, or a PKCS#11 URI.
  std::string token{};

  bool is_security_key() const { return token == security_key; }
  static constexpr char security_key[] = "fido";

  // Sets root where it was not known.
  Outcome<std::unique_ptr<keys::KeyStore>> open();

 private:
  Outcome<std::unique_ptr<keys::KeyStore>> open_own();
};

}  // namespace ferryman::login
