#pragma once

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/owned.h"
#include "keys/key_error.h"
#include "pki/public_key.h"

namespace ferryman::keys {

struct FinalizeModules {
  void operator()(CK_FUNCTION_LIST** modules) const { p11_kit_modules_finalize_and_release(modules); }
};
struct FinalizeModule {
  void operator()(CK_FUNCTION_LIST* module) const {
    p11_kit_module_finalize(module);
    p11_kit_module_release(module);
  }
};

// A PKCS#11 token, as a smart card is one, and a private key on it: what a URI (RFC 7512) names. Modules are
// those that p11-kit is configured with, or the one that module-path of the URI names. One thread at a time.
class Pkcs11Token {
 public:
  // Faults: not_reachable where no token matches, or several; failed for what is no such URI.
  static Outcome<Pkcs11Token> find(const std::string& uri);

  // "the token alice".
  std::string name() const;

  // Of the one key there that the URI names. Faults: wrong_pin, locked, failed.
  Outcome<pki::PublicKey> public_key(Bytes pin) const;
  // digest: SHA-256. The signature as JOSE has it.
  Outcome<Octets> sign(Bytes pin, Bytes digest) const;

 private:
  class Session;
  using Uri = std::unique_ptr<P11KitUri, Release<p11_kit_uri_free>>;
  using Modules = std::unique_ptr<CK_FUNCTION_LIST*, FinalizeModules>;
  using Module = std::unique_ptr<CK_FUNCTION_LIST, FinalizeModule>;

  Pkcs11Token() = default;
  Outcome<void> load();
  Outcome<void> choose();
  std::optional<CK_TOKEN_INFO> info() const;
  tl::unexpected<KeyError> error(CK_RV code, const char* what) const;

  Uri uri_;
  Modules modules_;  // all, or
  Module module_;    // the one that the URI names
  CK_FUNCTION_LIST* chosen_ = nullptr;
  CK_SLOT_ID slot_ = 0;
};

}  // namespace ferryman::keys
