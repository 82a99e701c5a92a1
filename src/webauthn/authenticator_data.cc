#include "webauthn/authenticator_data.h"

#include <algorithm>

#include "base/endian.h"
#include "webauthn/cbor_reader.h"

namespace ferryman::webauthn {
namespace {

namespace flag {
constexpr std::uint8_t user_present = 0x01, user_verified = 0x04, credential = 0x40, extensions = 0x80;
}
constexpr std::size_t fixed_size = rp_id_hash_size + 1 + sizeof(std::uint32_t);
constexpr std::size_t credential_fixed_size = Guid::size + sizeof(std::uint16_t);

// Goes on behind it.
std::optional<AttestedCredential> read_credential(Bytes& rest) {
  if (rest.size() < credential_fixed_size) return std::nullopt;
  AttestedCredential credential;
  std::copy_n(rest.begin(), Guid::size, credential.aaguid.octets.begin());
  const std::size_t id_size = load_be<std::uint16_t>(rest.subspan(Guid::size));
  rest = rest.subspan(credential_fixed_size);
  if (id_size == 0 || id_size > max_credential_id || id_size > rest.size()) return std::nullopt;
  credential.id = rest.first(id_size);
  CborReader reader(rest.subspan(id_size));
  const auto key = reader.item();
  if (!key) return std::nullopt;
  credential.public_key = *key;
  rest = reader.rest();
  return credential;
}

}  // namespace

Outcome<AuthenticatorData> AuthenticatorData::parse(Bytes octets) {
  if (octets.size() < fixed_size) return fail(Fault::malformed);
  AuthenticatorData data;
  data.rp_id_hash = octets.first(rp_id_hash_size);
  const std::uint8_t flags = octets[rp_id_hash_size];
  data.user_present = (flags & flag::user_present) != 0;
  data.user_verified = (flags & flag::user_verified) != 0;
  data.sign_count = load_be<std::uint32_t>(octets.subspan(rp_id_hash_size + 1));
  Bytes rest = octets.subspan(fixed_size);
  if ((flags & flag::credential) != 0) {
    data.credential = read_credential(rest);
    if (!data.credential) return fail(Fault::malformed);
  }
  if ((flags & flag::extensions) != 0) {
    CborReader reader(rest);
    if (CborReader head = reader; !head.map() || !reader.item()) return fail(Fault::malformed);
    rest = reader.rest();
  }
  if (!rest.empty()) return fail(Fault::malformed);
  return data;
}

}  // namespace ferryman::webauthn
