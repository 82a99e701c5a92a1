#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "base/guid.h"
#include "pki/public_key.h"

namespace ferryman::pki {

// What a key is for ([MS-ADTS] 2.2.20.5.1, with the numbers that Windows uses). Others are kept as they came.
namespace key_usage {
inline constexpr std::uint8_t ngc = 1, fido = 7;
}
// Who wrote it ([MS-ADTS] 2.2.20.5.2).
namespace key_source {
inline constexpr std::uint8_t active_directory = 0, entra_id = 1;
}

// A user's key as msDS-KeyCredentialLink holds it: KEYCREDENTIALLINK_BLOB [MS-ADTS 2.2.20] of version 2.
// Times are FILETIMEs: 100 ns since 1601, as Active Directory writes them.
struct KeyCredential {
  static constexpr std::size_t id_size = 32, max_size = 16384;  // octets; of the blob
  using Id = std::array<std::uint8_t, id_size>;

  Octets material{};  // key_material(), or what a foreign writer put there
  std::uint8_t usage = key_usage::ngc;
  std::uint8_t source = key_source::active_directory;
  std::optional<Guid> device{};
  Octets custom_information{};  // CUSTOM_KEY_INFORMATION [MS-ADTS 2.2.22]; empty: none
  std::optional<std::uint64_t> last_logon{}, created{};

  // SHA-256 of the material.
  Id id() const;

  friend bool operator==(const KeyCredential&, const KeyCredential&) = default;
};

// Faults: truncated, length_too_large; unsupported for another version or an entry that is not known;
// wrong_value where an entry stands there twice, out of its order or with another size, or the key's id is
// not that of the material; bad_integrity where the hash is not that of what follows it; missing_field.
Result<KeyCredential> parse_key_credential(Bytes blob);
// Throws std::length_error where it would be longer than max_size.
Octets key_credential_blob(const KeyCredential& credential);

// Of a key whose TPM has attested it: CUSTOMKEYINFO_FLAGS_ATTESTATION; and whether a credential says so.
Octets custom_information_of_attested_key();
bool is_attested(const KeyCredential& credential);

// A key's one material: of RSA its BCRYPT_RSAKEY_BLOB, as Windows writes it, of P-256 its
// SubjectPublicKeyInfo, as Samba does.
Octets key_material(const PublicKey& key);
// The key in a material; these two, and RSA as a SubjectPublicKeyInfo. Faults as of PublicKey.
Result<PublicKey> key_of_material(Bytes material);

// How a JWT's `kid` names a user's key: base64, with padding, of its id.
std::string key_id_text(const PublicKey& key);

}  // namespace ferryman::pki
