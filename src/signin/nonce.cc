#include "signin/nonce.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>

namespace ferryman::signin {
namespace {

using std::chrono::milliseconds;

// A number of octets that base64 writes without padding.
constexpr std::size_t time_size = 8, random_size = 18, tag_size = 16;
constexpr std::size_t tagged_size = time_size + random_size, nonce_size = tagged_size + tag_size;
constexpr std::size_t text_size = nonce_size / 3 * 4;
static_assert(nonce_size % 3 == 0);

using NonceOctets = std::array<std::uint8_t, nonce_size>;

std::int64_t milliseconds_of(Nonces::Time time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

void put_end(NonceOctets& nonce, std::int64_t end) {
  for (std::size_t i = 0; i < time_size; ++i) {
    nonce[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(end) >> (8 * (time_size - 1 - i)));
  }
}

std::int64_t end_of(const NonceOctets& nonce) {
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < time_size; ++i) end = end << 8 | nonce[i];
  return static_cast<std::int64_t>(end);
}

std::optional<std::array<std::uint8_t, tag_size>> tag_of(const NonceOctets& nonce,
                                                         std::span<const std::uint8_t> key) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(), nonce.data(),
                tagged_size, mac.data(), mac.size(), &size) == nullptr ||
      size < tag_size) {
    return std::nullopt;
  }
  std::array<std::uint8_t, tag_size> tag{};
  std::copy_n(mac.begin(), tag_size, tag.begin());
  return tag;
}

// base64url (RFC 4648 5) of all of it.
std::string to_text(const NonceOctets& nonce) {
  std::array<unsigned char, text_size + 1> text{};
  EVP_EncodeBlock(text.data(), nonce.data(), nonce_size);
  std::string url(text.begin(), text.end() - 1);
  std::replace(url.begin(), url.end(), '+', '-');
  std::replace(url.begin(), url.end(), '/', '_');
  return url;
}

std::optional<NonceOctets> from_text(std::string_view text) {
  if (text.size() != text_size) return std::nullopt;
  std::string standard(text);
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  NonceOctets nonce{};
  const auto* octets = reinterpret_cast<const unsigned char*>(standard.data());
  if (EVP_DecodeBlock(nonce.data(), octets, text_size) != static_cast<int>(nonce_size)) return std::nullopt;
  // OpenSSL passes over blanks and takes both alphabets; there is to be one text for one nonce.
  if (to_text(nonce) != text) return std::nullopt;
  return nonce;
}

}  // namespace

Nonces::Nonces() {
  if (RAND_priv_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
    throw std::runtime_error("no random key for nonces");
}

Nonces::~Nonces() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

std::string Nonces::make(Time now, milliseconds lifetime) const {
  NonceOctets nonce{};
  put_end(nonce, milliseconds_of(now + lifetime));
  if (RAND_bytes(nonce.data() + time_size, random_size) != 1) return {};
  const auto tag = tag_of(nonce, key_);
  if (!tag) return {};
  std::copy(tag->begin(), tag->end(), nonce.begin() + tagged_size);
  return to_text(nonce);
}

bool Nonces::verify(std::string_view text, Time now) const {
  const auto nonce = from_text(text);
  if (!nonce) return false;
  const auto tag = tag_of(*nonce, key_);
  if (!tag || CRYPTO_memcmp(tag->data(), nonce->data() + tagged_size, tag_size) != 0) return false;
  return milliseconds_of(now) <= end_of(*nonce);
}

}  // namespace ferryman::signin
