#include "signin/nonce_use.h"

#include <chrono>

#include "crypto/openssl.h"

namespace ferryman::signin {
namespace {

directory::Digest digest_of(std::string_view text) {
  directory::Digest digest{};
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {as_bytes(text)}, digest);
  return digest;
}

}  // namespace

directory::NonceUse use_of_nonce(const Realm& realm, std::string_view nonce, std::string_view request) {
  const auto lifetime = std::chrono::ceil<std::chrono::seconds>(realm.settings.nonce_lifetime).count();
  return {digest_of(nonce), digest_of(request), realm.now() + lifetime};
}

}  // namespace ferryman::signin
