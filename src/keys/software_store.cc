#include "keys/software_store.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <utility>

#include "jose/ecdsa.h"
#include "keys/pem.h"
#include "keys/pkcs8.h"
#include "pki/library.h"
#include "pki/owned.h"
#include "pki/private_key.h"

namespace ferryman::keys {
namespace {

constexpr char plain_label[] = "PRIVATE KEY", encrypted_label[] = "ENCRYPTED PRIVATE KEY";

tl::unexpected<KeyError> damaged() {
  return fail(KeyFault::damaged, "what was kept is no private key in PEM: enrol again");
}

Outcome<pki::PrivateKey> key_of(Bytes pkcs8) {
  auto key = pki::PrivateKey::of_pkcs8(pkcs8);
  if (!key) return damaged();
  return std::move(*key);
}

Outcome<pki::PrivateKey> open_key(Bytes kept, Bytes pin) {
  const auto blocks = parse_pem(kept);
  if (blocks.size() != 1) return damaged();
  const Bytes content = blocks[0].content.bytes();
  if (blocks[0].label == plain_label) return key_of(content);
  if (blocks[0].label != encrypted_label) return damaged();
  const auto plain = decrypt_pkcs8(content, pin);
  if (!plain) return fail(KeyFault::wrong_pin, "wrong PIN, or the key's file is damaged");
  return key_of(plain->bytes());
}

Octets signature_of(EVP_PKEY* key, Bytes digest) {
  const pki::OwnedKeyContext context(pki::must(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)));
  pki::must(EVP_PKEY_sign_init(context.get()));
  pki::must(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()));
  std::size_t size = 0;
  pki::must(EVP_PKEY_sign(context.get(), nullptr, &size, digest.data(), digest.size()));
  Octets signature(size);
  pki::must(EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()));
  signature.resize(size);
  return signature;
}

}  // namespace

Outcome<NewKey> SoftwareStore::create(KeyUse use, Bytes pin) {
  if (const auto unfit = why_unfit(*this, pin)) return fail(KeyFault::unfit_pin, *unfit);
  const auto key =
      use == KeyUse::sign_p256 ? pki::PrivateKey::generate_p256() : pki::PrivateKey::generate_rsa();
  const Secret plain = key.pkcs8();
  if (pin.empty()) return NewKey{pem_of(plain_label, plain.bytes()), key.public_key()};
  return NewKey{pem_of(encrypted_label, encrypt_pkcs8(plain.bytes(), pin).bytes()), key.public_key()};
}

Outcome<Octets> SoftwareStore::sign(Bytes key, Bytes pin, Bytes digest) {
  const auto opened = open_key(key, pin);
  if (!opened) return tl::unexpected(opened.error());
  Octets signature = signature_of(opened->openssl(), digest);
  return opened->public_key().type() == pki::KeyType::p256 ? jose::ecdsa_raw_of_der(signature) : signature;
}

Outcome<Secret> SoftwareStore::decrypt(Bytes key, Bytes encrypted) {
  const auto opened = open_key(key, {});
  if (!opened) return tl::unexpected(opened.error());
  auto plain =
      opened->public_key().type() == pki::KeyType::rsa ? pki::decrypt_oaep(*opened, encrypted) : std::nullopt;
  if (!plain) return fail(KeyFault::failed, "this was not encrypted for the transport key");
  return std::move(*plain);
}

}  // namespace ferryman::keys
