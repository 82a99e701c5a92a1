#include "pkinit/agreement.h"

#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>

#include "der/reader.h"
#include "pki/library.h"
#include "pki/owned.h"
#include "pkinit/e_data.h"
#include "pkinit/encoding.h"
#include "pkinit/openssl.h"

namespace ferryman::pkinit {
namespace {

using pki::must;

constexpr std::uint8_t uncompressed_point = 4;

tl::unexpected<Refusal> refuse_key(std::string_view reason) {
  ERR_clear_error();
  return refuse(kerberos::error_code::dh_parameters_not_accepted, reason, accepted_groups());
}

// 1 < y < p - 1, both as long as the prime: what is left has no small order where (p - 1) / 2 is prime, too.
bool is_in_range(Bytes y, Bytes prime) {
  Octets last(prime.begin(), prime.end());
  last.back() = static_cast<std::uint8_t>(last.back() - 1);  // a prime is odd
  const bool is_above_one =
      y.back() > 1 || std::any_of(y.begin(), y.end() - 1, [](std::uint8_t octet) { return octet != 0; });
  return is_above_one && std::ranges::lexicographical_compare(y, last);
}

// As long as the prime; empty where it is none that fits.
Octets read_modp_value(Bytes encoding, const GroupParameters& group) {
  der::Status status;
  der::Reader reader(encoding, status);
  Bytes number = reader.read(der::integer);
  reader.finish();
  if (!status.ok() || number.empty() || number[0] >= 0x80) return {};
  if (number[0] == 0) {
    number = number.subspan(1);
    if (number.empty() || number[0] < 0x80) return {};  // zero, or not the shortest form
  }
  if (number.size() > group.size) return {};
  Octets value(group.size - number.size());
  value.insert(value.end(), number.begin(), number.end());
  return is_in_range(value, group.prime) ? value : Octets{};
}

Octets read_point(Bytes point, const GroupParameters& group) {
  if (point.size() != 1 + 2 * group.size || point[0] != uncompressed_point) return {};
  return {point.begin(), point.end()};
}

pki::OwnedKey fresh_key(const GroupParameters& group) {
  const pki::OwnedKeyContext context(must(EVP_PKEY_CTX_new_from_name(nullptr, group.type, nullptr)));
  must(EVP_PKEY_keygen_init(context.get()));
  must(EVP_PKEY_CTX_set_group_name(context.get(), group.name));
  EVP_PKEY* key = nullptr;
  must(EVP_PKEY_generate(context.get(), &key));
  return pki::OwnedKey(key);
}

// Null for a point that is not on the curve.
pki::OwnedKey peer_key(EVP_PKEY* own, const Octets& value) {
  pki::OwnedKey peer(must(EVP_PKEY_new()));
  must(EVP_PKEY_copy_parameters(peer.get(), own));
  if (EVP_PKEY_set1_encoded_public_key(peer.get(), value.data(), value.size()) != 1) return nullptr;
  return peer;
}

Octets public_value(EVP_PKEY* key, const GroupParameters& group) {
  unsigned char* octets = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &octets);
  if (size == 0) pki::fail_in_library();
  Octets value(octets, octets + size);
  OPENSSL_free(octets);
  if (group.prime.empty()) return value;
  return encoded([&](der::Writer& writer) { write_number(writer, value); });
}

// Empty where the peer's key is none that a secret can be agreed with.
Secret shared_secret(EVP_PKEY* own, EVP_PKEY* peer, const GroupParameters& group) {
  const bool is_curve = group.prime.empty();
  const pki::OwnedKeyContext context(must(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr)));
  must(EVP_PKEY_derive_init(context.get()));
  if (!is_curve) must(EVP_PKEY_CTX_set_dh_pad(context.get(), 1));
  // In a MODP group the range was checked; OpenSSL's own check raises to the power of q, which costs six
  // times as much as the rest and says nothing more of a key pair that is used once.
  if (EVP_PKEY_derive_set_peer_ex(context.get(), peer, is_curve ? 1 : 0) != 1) return {};
  Secret shared(group.size);
  std::size_t size = shared.size();
  if (EVP_PKEY_derive(context.get(), shared.writable().data(), &size) != 1 || size != group.size) return {};
  return shared;
}

}  // namespace

Judged<PeerKey> parse_peer(Bytes client_public_value) {
  der::Status status;
  der::Reader reader(client_public_value, status);
  der::Reader fields = reader.enter(der::sequence);
  reader.finish();
  const Bytes algorithm = fields.read_element();
  const Bytes bits = fields.read(der::bit_string);
  fields.finish();
  if (!status.ok()) return refuse_key("clientPublicValue is no SubjectPublicKeyInfo");
  const GroupParameters* const group = find_group(algorithm);
  if (group == nullptr) return refuse_key("a group that is not served");
  if (bits.empty() || bits[0] != 0) return refuse_key("a public key that is no number of octets");
  const Bytes content = bits.subspan(1);
  Octets value = group->prime.empty() ? read_point(content, *group) : read_modp_value(content, *group);
  if (value.empty()) return refuse_key("a public key that is none of its group");
  return PeerKey{group->group, std::move(value)};
}

Judged<Agreement> agree(const PeerKey& peer) {
  const GroupParameters& group = parameters_of(peer.group);
  const pki::OwnedKey own = fresh_key(group);
  const pki::OwnedKey other = peer_key(own.get(), peer.value);
  if (!other) return refuse_key("a point that is not on its curve");
  Secret shared = shared_secret(own.get(), other.get(), group);
  if (shared.empty()) return refuse_key("a public key that nothing can be agreed with");
  return Agreement{public_value(own.get(), group), std::move(shared)};
}

ClientKey ClientKey::make(Group group) {
  const GroupParameters& parameters = parameters_of(group);
  return {parameters, fresh_key(parameters)};
}

Octets ClientKey::public_value() const {
  return der_of<i2d_PUBKEY>(key_.get());
}

Secret ClientKey::agree(Bytes kdc_public_key) const {
  const Octets value =
      group_->prime.empty() ? read_point(kdc_public_key, *group_) : read_modp_value(kdc_public_key, *group_);
  if (value.empty()) return {};
  const pki::OwnedKey other = peer_key(key_.get(), value);
  Secret shared = other ? shared_secret(key_.get(), other.get(), *group_) : Secret();
  ERR_clear_error();
  return shared;
}

}  // namespace ferryman::pkinit
