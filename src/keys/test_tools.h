#pragma once

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <string>

#include "jose/ecdsa.h"
#include "keys/key_store.h"
#include "pki/private_key.h"

namespace ferryman::keys {

inline Octets sha256(Bytes message) {
  Octets digest(sha256_size);
  ::SHA256(message.data(), message.size(), digest.data());
  return digest;
}

// Whether a signature as JOSE has it is one by OpenSSL's judgement.
inline bool is_signature(const pki::PublicKey& key, Bytes message, Bytes signature) {
  if (key.type() == pki::KeyType::rsa) return pki::verify(key, message, signature);
  const auto der = jose::ecdsa_der_of_raw(signature);
  return der && pki::verify(key, message, *der);
}

// What every store does.
inline void expect_keys_that_work(KeyStore& store, Bytes pin, Bytes wrong) {
  const Bytes message = as_bytes("what is signed");
  for (const KeyUse use : {KeyUse::sign_rsa, KeyUse::sign_p256}) {
    for (const Bytes its_pin : {pin, Bytes()}) {
      SCOPED_TRACE(std::to_string(static_cast<int>(use)) + (its_pin.empty() ? " without a PIN" : ""));
      const auto key = store.create(use, its_pin);
      ASSERT_TRUE(key.has_value()) << key.error().text;
      const auto signature = store.sign(key->kept.bytes(), its_pin, sha256(message));
      ASSERT_TRUE(signature.has_value()) << signature.error().text;
      ASSERT_TRUE(is_signature(key->public_key, message, *signature));
      if (its_pin.empty()) continue;
      const auto refused = store.sign(key->kept.bytes(), wrong, sha256(message));
      ASSERT_FALSE(refused.has_value());
      EXPECT_EQ(refused.error().fault, KeyFault::wrong_pin) << refused.error().text;
    }
  }

  const auto transport = store.create(KeyUse::decrypt_rsa, {});
  ASSERT_TRUE(transport.has_value()) << transport.error().text;
  const Octets encrypted = pki::encrypt_oaep(transport->public_key, as_bytes("a session key"));
  const auto decrypted = store.decrypt(transport->kept.bytes(), encrypted);
  ASSERT_TRUE(decrypted.has_value()) << decrypted.error().text;
  EXPECT_EQ(as_text(decrypted->bytes()), "a session key");
  Octets changed = encrypted;
  changed.back() ^= 1;
  EXPECT_EQ(store.decrypt(transport->kept.bytes(), changed).error().fault, KeyFault::failed);

  const std::string plain(5000, 'p');
  const auto sealed = store.seal(as_bytes(plain));
  ASSERT_TRUE(sealed.has_value()) << sealed.error().text;
  EXPECT_EQ(as_text(store.unseal(sealed->bytes()).value().bytes()), plain);

  for (const std::string_view kept :
       {"", "nothing that was kept", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END"}) {
    EXPECT_EQ(store.sign(as_bytes(kept), pin, sha256(message)).error().fault, KeyFault::damaged);
    EXPECT_EQ(store.decrypt(as_bytes(kept), encrypted).error().fault, KeyFault::damaged);
  }
  EXPECT_EQ(store.create(KeyUse::sign_p256, as_bytes("1")).error().fault, KeyFault::unfit_pin);
  EXPECT_EQ(store.create(KeyUse::sign_p256, as_bytes(std::string(33, '1'))).error().fault,
            KeyFault::unfit_pin);
}

}  // namespace ferryman::keys
