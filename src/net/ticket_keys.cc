#include "net/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace ferryman::net {
namespace {

int ex_data_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

const EVP_CIPHER* ticket_cipher() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return cipher;
}

bool set_up(EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, const std::uint8_t* cipher_key, const std::uint8_t* iv,
            const std::array<std::uint8_t, 32>& mac_key, bool sealing) {
  char digest[] = "SHA256";
  OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(
                             OSSL_MAC_PARAM_KEY, const_cast<std::uint8_t*>(mac_key.data()), mac_key.size()),
                         OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                         OSSL_PARAM_construct_end()};
  return EVP_CipherInit_ex2(cipher, ticket_cipher(), cipher_key, iv, sealing ? 1 : 0, nullptr) == 1 &&
         EVP_MAC_CTX_set_params(mac, params) == 1;
}

}  // namespace

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

TicketKeys::TicketKeys() {
  reset();
}

std::shared_ptr<const TicketKeys::Key> TicketKeys::make_key() {
  auto key = std::make_shared<Key>();
  if (RAND_bytes(key->name.data(), static_cast<int>(key->name.size())) != 1 ||
      RAND_priv_bytes(key->cipher.data(), static_cast<int>(key->cipher.size())) != 1 ||
      RAND_priv_bytes(key->mac.data(), static_cast<int>(key->mac.size())) != 1) {
    throw std::runtime_error("no random numbers for a TLS ticket key");
  }
  key->born = std::chrono::steady_clock::now();
  return key;
}

void TicketKeys::reset() {
  auto fresh = std::make_shared<const Set>(Set{make_key()});
  const std::lock_guard lock(mutex_);
  keys_ = std::move(fresh);
}

void TicketKeys::rotate(std::chrono::steady_clock::time_point now) {
  const auto old = keys();
  if (now - old->front()->born < lifetime) return;
  auto fresh = std::make_shared<const Set>(Set{make_key(), old->front()});
  const std::lock_guard lock(mutex_);
  keys_ = std::move(fresh);
}

std::shared_ptr<const TicketKeys::Set> TicketKeys::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

void TicketKeys::attach(SSL_CTX* ctx) {
  SSL_CTX_set_ex_data(ctx, ex_data_index(), this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, &TicketKeys::callback);
}

// The contract is SSL_CTX_set_tlsext_ticket_key_evp_cb(3): -1 error, 0 no ticket or unknown key, 1 done,
// 2 opened but to be renewed.
int TicketKeys::callback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                         EVP_MAC_CTX* mac, int sealing) {
  const auto* self =
      static_cast<const TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ex_data_index()));
  const auto keys = self->keys();
  if (sealing != 0) {
    const Key& key = *keys->front();
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(ticket_cipher())) != 1) return -1;
    std::copy(key.name.begin(), key.name.end(), name);
    return set_up(cipher, mac, key.cipher.data(), iv, key.mac, true) ? 1 : -1;
  }
  const auto found = std::find_if(keys->begin(), keys->end(), [name](const auto& key) {
    return CRYPTO_memcmp(key->name.data(), name, key->name.size()) == 0;
  });
  if (found == keys->end()) return 0;
  if (!set_up(cipher, mac, (*found)->cipher.data(), iv, (*found)->mac, false)) return -1;
  return found == keys->begin() ? 1 : 2;
}

}  // namespace ferryman::net
