#include "signin/nonce.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "base/base64.h"

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

using Tag = std::array<std::uint8_t, tag_size>;

std::optional<Tag> tag_of(const NonceOctets& nonce, std::string_view tenant, Bytes key) {
  Octets tagged(nonce.begin(), nonce.begin() + tagged_size);
  tagged.insert(tagged.end(), tenant.begin(), tenant.end());
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(), tagged.data(),
                tagged.size(), mac.data(), mac.size(), &size) == nullptr ||
      size < tag_size) {
    return std::nullopt;
  }
  Tag tag{};
  std::copy_n(mac.begin(), tag_size, tag.begin());
  return tag;
}

bool is_tagged(const NonceOctets& nonce, std::string_view tenant, Bytes key) {
  const auto tag = tag_of(nonce, tenant, key);
  return tag && CRYPTO_memcmp(tag->data(), nonce.data() + tagged_size, tag_size) == 0;
}

std::optional<NonceOctets> from_text(std::string_view text) {
  if (text.size() != text_size) return std::nullopt;
  const auto octets = octets_of_base64url(text);
  if (!octets) return std::nullopt;
  NonceOctets nonce{};
  std::copy(octets->begin(), octets->end(), nonce.begin());
  return nonce;
}

}  // namespace

Nonces::Nonces(Bytes key) {
  if (key.size() != key_size) throw std::invalid_argument("a key for nonces has 32 octets");
  std::copy(key.begin(), key.end(), key_.begin());
}

Nonces::~Nonces() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

std::string Nonces::make(std::string_view tenant, Time now, milliseconds lifetime) const {
  NonceOctets nonce{};
  put_end(nonce, milliseconds_of(now + lifetime));
  if (RAND_bytes(nonce.data() + time_size, random_size) != 1) return {};
  const auto tag = tag_of(nonce, tenant, key_);
  if (!tag) return {};
  std::copy(tag->begin(), tag->end(), nonce.begin() + tagged_size);
  return base64url_of(nonce);
}

bool Nonces::verify(std::string_view text, std::string_view tenant, Time now) const {
  const auto nonce = from_text(text);
  if (!nonce || milliseconds_of(now) > end_of(*nonce)) return false;
  return is_tagged(*nonce, tenant, key_) || is_tagged(*nonce, every_tenant, key_);
}

}  // namespace ferryman::signin
