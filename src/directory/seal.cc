#include "directory/seal.h"

#include <fmt/format.h>
#include <openssl/evp.h>

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

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

void must(int result) {
  if (result != 1) throw std::runtime_error("libcrypto has no AES-256-GCM");
}

// One thread's context, with the algorithm fetched. It holds the last master key, as the process does.
EVP_CIPHER_CTX* context() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> kept(EVP_CIPHER_CTX_new());
  must(cipher != nullptr && kept ? 1 : 0);
  must(EVP_CipherInit_ex2(kept.get(), cipher, nullptr, nullptr, 1, nullptr));
  return kept.get();
}

Octets place_octets(const SealedPlace& place) {
  Octets octets;
  BigEndianWriter writer(octets);
  writer.u8(form_version);
  writer.u8(static_cast<std::uint8_t>(place.what));
  writer.octets(place.object.bytes());
  writer.u32(place.kvno);
  writer.u32(static_cast<std::uint32_t>(place.etype));
  return octets;
}

// Feeds the place and then in to a context that has a key and a nonce; out: as many octets as in.
void run(EVP_CIPHER_CTX* cipher, const SealedPlace& place, Bytes in, std::span<std::uint8_t> out) {
  const Octets bound = place_octets(place);
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
  Octets sealed;
  BigEndianWriter writer(sealed);
  writer.u8(form_version);
  writer.u32(id_);
  sealed.resize(text_at + plain.size() + tag_size);
  const std::span form(sealed);
  crypto::openssl::random(form.subspan(nonce_at, nonce_size));
  EVP_CIPHER_CTX* cipher = context();
  must(EVP_CipherInit_ex2(cipher, nullptr, octets_.bytes().data(), &sealed[nonce_at], 1, nullptr));
  run(cipher, place, plain, form.subspan(text_at, plain.size()));
  int length = 0;
  must(EVP_CipherFinal_ex(cipher, nullptr, &length));
  must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, tag_size, form.last(tag_size).data()));
  return sealed;
}

Outcome<Secret> MasterKey::open(const SealedPlace& place, Bytes sealed) const {
  if (sealed.size() < text_at + tag_size || sealed[0] != form_version)
    return fail(Reason::damaged, "a sealed key in the database has an unknown form");
  const auto id = load_be<std::uint32_t>(sealed.subspan(1));
  if (id != id_)
    return fail(
        Reason::wrong_master_key,
        fmt::format("a key in the database is sealed under master key {:08x}, this one is {:08x}", id, id_));
  Octets tag(sealed.end() - tag_size, sealed.end());
  Secret plain(sealed.size() - text_at - tag_size);
  EVP_CIPHER_CTX* cipher = context();
  must(EVP_CipherInit_ex2(cipher, nullptr, octets_.bytes().data(), &sealed[nonce_at], 0, nullptr));
  must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()));
  run(cipher, place, sealed.subspan(text_at, plain.size()), plain.writable());
  int length = 0;
  if (EVP_CipherFinal_ex(cipher, nullptr, &length) != 1)
    return fail(Reason::damaged, "a sealed key in the database was changed, or is another object's");
  return plain;
}

}  // namespace ferryman::directory
