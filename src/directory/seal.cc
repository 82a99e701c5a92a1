#include "directory/seal.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>

#include "base/endian.h"
#include "crypto/openssl.h"

namespace ferryman::directory {
namespace {

constexpr std::uint8_t form_version = 1;
constexpr std::size_t nonce_size = 12, tag_size = 16;
constexpr std::size_t nonce_at = 1 + sizeof(std::uint32_t), text_at = nonce_at + nonce_size;

void must(int result) {
  if (result != 1) throw std::runtime_error("libcrypto has no AES-256-GCM");
}

enum class Direction : int { open = 0, seal = 1 };

// One thread's context for one direction. It keeps the last master key, as the process does: to set it takes
// several times as long as to open a key.
class Context {
 public:
  explicit Context(Direction direction)
      : cipher_(EVP_CIPHER_CTX_new()), encrypts_(static_cast<int>(direction)) {
    static EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    must(algorithm != nullptr && cipher_ ? 1 : 0);
    must(EVP_CipherInit_ex2(cipher_.get(), algorithm, nullptr, nullptr, encrypts_, nullptr));
  }

  EVP_CIPHER_CTX* with(Bytes key, const std::uint8_t* nonce) {
    if (!has_key_ || !equal_in_constant_time(key, key_)) {
      must(EVP_CipherInit_ex2(cipher_.get(), nullptr, key.data(), nullptr, encrypts_, nullptr));
      std::copy(key.begin(), key.end(), key_.begin());
      has_key_ = true;
    }
    must(EVP_CipherInit_ex2(cipher_.get(), nullptr, nullptr, nonce, encrypts_, nullptr));
    return cipher_.get();
  }

 private:
  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  const std::unique_ptr<EVP_CIPHER_CTX, Free> cipher_;
  const int encrypts_;
  SecretArray<MasterKey::size> key_;
  bool has_key_ = false;
};

EVP_CIPHER_CTX* context(Direction direction, Bytes key, const std::uint8_t* nonce) {
  thread_local Context opens(Direction::open), seals(Direction::seal);
  return (direction == Direction::open ? opens : seals).with(key, nonce);
}

using PlaceOctets = std::array<std::uint8_t, 2 + Guid::size + 2 * sizeof(std::uint32_t)>;
PlaceOctets place_octets(const SealedPlace& place) {
  constexpr std::size_t object_at = 2, kvno_at = object_at + Guid::size;
  PlaceOctets octets;
  octets[0] = form_version;
  octets[1] = static_cast<std::uint8_t>(place.what);
  std::copy(place.object.octets.begin(), place.object.octets.end(), octets.begin() + object_at);
  store_be(std::span(octets).subspan<kvno_at>(), place.kvno);
  store_be(std::span(octets).last<sizeof(std::uint32_t)>(), static_cast<std::uint32_t>(place.etype));
  return octets;
}

// Feeds the place and then in to a context that has a key and a nonce; out: as many octets as in.
void run(EVP_CIPHER_CTX* cipher, const SealedPlace& place, Bytes in, std::span<std::uint8_t> out) {
  const PlaceOctets bound = place_octets(place);
  int length = 0;
  must(EVP_CipherUpdate(cipher, nullptr, &length, bound.data(), static_cast<int>(bound.size())));
  must(EVP_CipherUpdate(cipher, out.data(), &length, in.data(), static_cast<int>(in.size())));
}

}  // namespace

Outcome<MasterKey> MasterKey::make(Bytes octets) {
  if (octets.size() != size) return fail(Reason::invalid, "a master key has 32 octets");
  return MasterKey(octets);
}

MasterKey::MasterKey(Bytes octets) : octets_(octets) {
  std::array<std::uint8_t, sizeof(id_)> id{};
  crypto::openssl::hmac(crypto::openssl::Digest::sha256, octets, {as_bytes("ferryman master key id")}, id);
  id_ = load_be<std::uint32_t>(id);
}

Octets MasterKey::seal(const SealedPlace& place, Bytes plain) const {
  Octets sealed(text_at + plain.size() + tag_size);
  const std::span form(sealed);
  form[0] = form_version;
  store_be(form.subspan(1), id_);
  crypto::openssl::random(form.subspan(nonce_at, nonce_size));
  EVP_CIPHER_CTX* cipher = context(Direction::seal, octets_.bytes(), &sealed[nonce_at]);
  run(cipher, place, plain, form.subspan(text_at, plain.size()));
  int length = 0;
  must(EVP_CipherFinal_ex(cipher, nullptr, &length));
  must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, tag_size, form.last(tag_size).data()));
  return sealed;
}

std::optional<std::uint32_t> MasterKey::id_of(Bytes sealed) {
  if (sealed.size() < text_at + tag_size || sealed[0] != form_version) return std::nullopt;
  return load_be<std::uint32_t>(sealed.subspan(1));
}

Outcome<Secret> MasterKey::open(const SealedPlace& place, Bytes sealed) const {
  const auto id = id_of(sealed);
  if (!id) return fail(Reason::damaged, "a sealed key in the database has an unknown form");
  if (*id != id_)
    return fail(
        Reason::wrong_master_key,
        fmt::format("a key in the database is sealed under master key {:08x}, this one is {:08x}", *id, id_));
  std::array<std::uint8_t, tag_size> tag{};
  std::copy(sealed.end() - tag_size, sealed.end(), tag.begin());
  Secret plain(sealed.size() - text_at - tag_size);
  EVP_CIPHER_CTX* cipher = context(Direction::open, octets_.bytes(), &sealed[nonce_at]);
  must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()));
  run(cipher, place, sealed.subspan(text_at, plain.size()), plain.writable());
  int length = 0;
  if (EVP_CipherFinal_ex(cipher, nullptr, &length) != 1)
    return fail(Reason::damaged, "a sealed key in the database was changed, or is another object's");
  return plain;
}

}  // namespace ferryman::directory
