#include "decode/tls_protection.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <span>

#include "base/endian.h"

namespace ferryman::decode {
namespace {

using crypto::openssl::Digest;
constexpr std::size_t tag_size = 16, gcm_salt = 4, gcm_explicit = 8;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const EVP_CIPHER* cipher_of(TlsAead aead) {
  if (aead == TlsAead::aes128_gcm) return EVP_aes_128_gcm();
  return aead == TlsAead::aes256_gcm ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
}

std::size_t key_size(TlsAead aead) {
  constexpr std::size_t small = 16, large = 32;
  return aead == TlsAead::aes128_gcm ? small : large;
}

// sealed: with its tag. All three ciphers have keys, nonces and tags of their usual sizes.
std::optional<Octets> open_sealed(TlsAead aead, Bytes key, Bytes nonce, Bytes associated, Bytes sealed) {
  if (sealed.size() < tag_size) return std::nullopt;
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  const Bytes text = sealed.first(sealed.size() - tag_size);
  SecretArray<tag_size> tag;
  std::copy(sealed.end() - tag_size, sealed.end(), tag.begin());
  Octets out(text.size() + 1);  // one more, so that there is an address
  int size = 0;
  const bool opened =
      context && EVP_DecryptInit_ex(context.get(), cipher_of(aead), nullptr, key.data(), nonce.data()) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, associated.data(),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), out.data(), &size, text.data(), static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out.data() + text.size(), &size) == 1;
  if (!opened) return std::nullopt;
  out.resize(text.size());
  return out;
}

// HKDF-Expand-Label without context (RFC 8446 7.1). out: at most one digest, so that one block does.
void expand_label(Digest digest, Bytes secret, std::string_view label, std::span<std::uint8_t> out) {
  constexpr std::string_view prefix = "tls13 ";
  const std::uint8_t head[] = {0, static_cast<std::uint8_t>(out.size()),
                               static_cast<std::uint8_t>(prefix.size() + label.size())};
  constexpr std::uint8_t no_context_and_block_one[] = {0, 1};
  crypto::openssl::hmac(digest, secret, {head, as_bytes(prefix), as_bytes(label), no_context_and_block_one},
                        out);
}

// PRF of TLS 1.2 (RFC 5246 5) for the key block.
Secret key_block(Digest digest, Bytes master, Bytes server_random, Bytes client_random, std::size_t size) {
  const Bytes label = as_bytes("key expansion");
  const std::size_t step = crypto::openssl::digest_size(digest);
  Secret block(size), link(step);
  crypto::openssl::hmac(digest, master, {label, server_random, client_random}, link.writable());
  for (std::size_t at = 0; at < size; at += step) {
    const std::size_t part = std::min(step, size - at);
    crypto::openssl::hmac(digest, master, {link.bytes(), label, server_random, client_random},
                          block.writable().subspan(at, part));
    const Secret last = link.copy();
    crypto::openssl::hmac(digest, master, {last.bytes()}, link.writable());
  }
  return block;
}

}  // namespace

const TlsSuite* find_tls_suite(std::uint16_t number, std::uint16_t version) {
  using enum TlsAead;
  static constexpr TlsSuite suites[] = {
      {0x1301, tls13, aes128_gcm, Digest::sha256},        {0x1302, tls13, aes256_gcm, Digest::sha384},
      {0x1303, tls13, chacha20_poly1305, Digest::sha256}, {0x009c, tls12, aes128_gcm, Digest::sha256},
      {0x009d, tls12, aes256_gcm, Digest::sha384},        {0x009e, tls12, aes128_gcm, Digest::sha256},
      {0x009f, tls12, aes256_gcm, Digest::sha384},        {0xc02b, tls12, aes128_gcm, Digest::sha256},
      {0xc02c, tls12, aes256_gcm, Digest::sha384},        {0xc02f, tls12, aes128_gcm, Digest::sha256},
      {0xc030, tls12, aes256_gcm, Digest::sha384},        {0xcca8, tls12, chacha20_poly1305, Digest::sha256},
      {0xcca9, tls12, chacha20_poly1305, Digest::sha256}, {0xccaa, tls12, chacha20_poly1305, Digest::sha256}};
  const auto found = std::find_if(std::begin(suites), std::end(suites), [&](const TlsSuite& suite) {
    return suite.number == number && suite.version == version;
  });
  return found == std::end(suites) ? nullptr : found;
}

TlsProtection TlsProtection::from_traffic_secret(const TlsSuite& suite, Bytes secret) {
  TlsProtection made(suite);
  expand_label(suite.digest, secret, "key", std::span(made.key_).first(key_size(suite.aead)));
  expand_label(suite.digest, secret, "iv", made.iv_);
  return made;
}

TlsProtection TlsProtection::from_master_secret(const TlsSuite& suite, Bytes master, Bytes client_random,
                                                Bytes server_random, bool client) {
  const std::size_t key = key_size(suite.aead);
  const std::size_t iv = suite.aead == TlsAead::chacha20_poly1305 ? nonce_size : gcm_salt;
  const Secret block = key_block(suite.digest, master, server_random, client_random, 2 * (key + iv));
  TlsProtection made(suite);
  std::ranges::copy(block.bytes().subspan(client ? 0 : key, key), made.key_.begin());
  std::ranges::copy(block.bytes().subspan(2 * key + (client ? 0 : iv), iv), made.iv_.begin());
  return made;
}

std::size_t TlsProtection::explicit_nonce() const {
  return suite_->version == tls12 && suite_->aead != TlsAead::chacha20_poly1305 ? gcm_explicit : 0;
}

std::optional<Octets> TlsProtection::open(Bytes record) {
  const std::size_t explicit_size = explicit_nonce();
  if (record.size() < tls_record_head + explicit_size + tag_size) return std::nullopt;
  const Bytes sealed = record.subspan(tls_record_head + explicit_size);
  std::array<std::uint8_t, sizeof sequence_> number{};
  store_be(std::span(number), sequence_);
  SecretArray<nonce_size> nonce(iv_);
  for (std::size_t i = 0; i < number.size(); ++i) {
    std::uint8_t& octet = nonce.at(nonce_size - number.size() + i);
    octet = explicit_size != 0 ? record[tls_record_head + i] : octet ^ number.at(i);
  }
  Octets associated(record.begin(), record.begin() + tls_record_head);
  if (suite_->version == tls12) {
    associated.insert(associated.begin(), number.begin(), number.end());
    store_be(std::span(associated).last(2), static_cast<std::uint16_t>(sealed.size() - tag_size));
  }
  auto text =
      open_sealed(suite_->aead, std::span(key_).first(key_size(suite_->aead)), nonce, associated, sealed);
  if (text) ++sequence_;
  return text;
}

Secret next_traffic_secret(const TlsSuite& suite, Bytes secret) {
  Secret next(crypto::openssl::digest_size(suite.digest));
  expand_label(suite.digest, secret, "traffic upd", next.writable());
  return next;
}

}  // namespace ferryman::decode
