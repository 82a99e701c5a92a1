#include "keys/pkcs11_store.h"

#include "keys/pem.h"
#include "keys/pkcs11_token.h"

namespace ferryman::keys {
namespace {

constexpr char label[] = "FERRYMAN PKCS11 KEY";

}  // namespace

Outcome<NewKey> Pkcs11Store::create(KeyUse use, Bytes pin) {
  if (pin.empty()) return others_->create(use, pin);
  const auto token = Pkcs11Token::find(uri_);
  if (!token) return tl::unexpected(token.error());
  auto key = token->public_key(pin);
  if (!key) return tl::unexpected(key.error());
  return NewKey{pem_of(label, as_bytes(uri_)), *std::move(key)};
}

Outcome<Octets> Pkcs11Store::sign(Bytes key, Bytes pin, Bytes digest) {
  const auto blocks = parse_pem(key);
  if (blocks.size() != 1 || blocks[0].label != label) return others_->sign(key, pin, digest);
  const auto token = Pkcs11Token::find(std::string(as_text(blocks[0].content.bytes())));
  if (!token) return tl::unexpected(token.error());
  return token->sign(pin, digest);
}

}  // namespace ferryman::keys
