#include "login/key_place.h"

#include "keys/pkcs11_store.h"
#include "keys/software_store.h"
#include "keys/tpm_store.h"
#include "login/signed_claims.h"

namespace ferryman::login {

Outcome<std::unique_ptr<keys::KeyStore>> KeyPlace::open() {
  auto store = open_own();
  if (!store || token.empty() || is_security_key()) return store;
  return std::make_unique<keys::Pkcs11Store>(token, *std::move(store));
}

Outcome<std::unique_ptr<keys::KeyStore>> KeyPlace::open_own() {
  if (kind == Kind::software) return std::make_unique<keys::SoftwareStore>();
  auto store = keys::TpmStore::open(tcti, root);
  if (!store) return tl::unexpected(failure_of(store.error()));
  root = (*store)->root();
  return std::move(*store);
}

}  // namespace ferryman::login
