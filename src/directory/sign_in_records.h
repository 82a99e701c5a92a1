#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "directory/directory.h"
#include "directory/failure.h"
#include "directory/guid.h"

namespace ferryman::directory {

struct DeviceId : Guid {};
// SHA-256 of a key's material, as [MS-ADTS] 2.2.20.6 has it.
using KeyId = std::array<std::uint8_t, 32>;
using Digest = std::array<std::uint8_t, 32>;

// A computer that has joined a tenant.
struct Device {
  DeviceId id;
  ObjectId owner;                         // the user who joined it
  std::string name{}, type{}, version{};  // as it told them: for people
  Octets certificate{}, transport_key{};  // DER: what it signs with, and what is encrypted for it
  bool disabled = false;
  std::int64_t created = 0;
  std::optional<std::int64_t> last_used{};
};

// A user's key on a device.
struct KeyCredential {
  KeyId id{};
  ObjectId user;
  DeviceId device;
  Octets blob{};  // KEYCREDENTIALLINK_BLOB [MS-ADTS 2.2.20], without a last use
  std::int64_t created = 0;
  std::optional<std::int64_t> last_used{};
};

// What a user has shown.
enum class Gesture : std::uint8_t { password = 1, code = 2, key = 3 };

// A primary refresh token ([MS-OAPXBC] 3.1.5.1.4): what is known of one that is good. What it was issued for
// and by is there too.
struct Prt {
  PrtId id;
  ObjectId user;
  DeviceId device;
  Gesture gesture = Gesture::password;
  std::optional<KeyId> key{};  // that the user signed with
  std::int64_t created = 0, expires = 0;
  std::int64_t strong_until = 0;  // until when the gesture stands for one that is made just now
  bool device_disabled = false;   // read only
};

// Of one request that used it. The same request may use it again, another one never.
struct NonceUse {
  Digest nonce{}, request{};
  std::int64_t expires = 0;  // of the nonce
};

// What signs or seals for a tenant's sign-in.
enum class SecretKind : std::uint8_t {
  device_ca = 1,  // signs devices' certificates; known: its certificate
  token_key = 2,  // signs tokens; known: its SubjectPublicKeyInfo
  prt_key = 3,    // seals PRTs and refresh tokens
  nonce_key = 4,  // of nonces: of no tenant but of the realm
};
struct SignInSecret {
  Octets known{};  // what is no secret of it
  Secret secret{};
};
inline constexpr TenantId no_tenant{};

// Beyond, the oldest PRT of a device goes for a new one, and a user joins no further device and registers no
// further key.
inline constexpr std::size_t max_prts_of_device = 8, max_devices_of_user = 64, max_keys_of_user = 64;
// How often a code may be tried.
inline constexpr std::int64_t max_code_tries = 5;

// What sign-in keeps, beside the accounts. As in Directory, all is looked up within one tenant, changed whole
// and durable, and any thread may call it. With a user go her devices, keys, PRTs and code; with a device its
// keys and PRTs; with a key its PRTs.
class SignInRecords {
 public:
  virtual ~SignInRecords() = default;

  // Made when it is first asked for: make() may be called though another process is faster.
  virtual Outcome<SignInSecret> secret(const TenantId& tenant, SecretKind kind,
                                       const std::function<SignInSecret()>& make, std::int64_t now) = 0;

  // The user's one enrolment code, in place of the one before. hash: of it.
  virtual Outcome<void> set_code(const TenantId& tenant, const ObjectId& user, const Digest& hash,
                                 std::int64_t expires) = 0;
  enum class CodeVerdict : std::uint8_t { right, wrong, absent };
  // A right one is used up, as is one that was tried max_code_tries times. absent also where it has expired.
  virtual Outcome<CodeVerdict> try_code(const TenantId& tenant, const ObjectId& user, const Digest& hash,
                                        std::int64_t now) = 0;

  // Reason invalid where the user has too many.
  virtual Outcome<void> add_device(const TenantId& tenant, const Device& device) = 0;
  virtual Outcome<Device> device(const TenantId& tenant, const DeviceId& id) = 0;
  virtual Outcome<Page<Device>> devices(const TenantId& tenant, const PageRequest& page) = 0;  // by their ids
  virtual Outcome<std::vector<Device>> devices_of(const TenantId& tenant, const ObjectId& user) = 0;
  virtual Outcome<void> disable_device(const TenantId& tenant, const DeviceId& id, bool disabled) = 0;
  virtual Outcome<void> remove_device(const TenantId& tenant, const DeviceId& id) = 0;

  // Registered again by the same user of the same device it stays as it was; reason already_exists where it
  // is another's, invalid where the user has too many.
  virtual Outcome<void> add_key(const TenantId& tenant, const KeyCredential& key) = 0;
  virtual Outcome<KeyCredential> key(const TenantId& tenant, const KeyId& id) = 0;
  virtual Outcome<std::vector<KeyCredential>> keys_of(const TenantId& tenant, const ObjectId& user) = 0;
  virtual Outcome<void> remove_key(const TenantId& tenant, const KeyId& id) = 0;

  // Each of these uses nonces with what else it does, or does nothing at all: reason already_exists where
  // another request has used one. A loss of power may undo it, and its user then signs in once more; what
  // revokes is durable.
  virtual Outcome<void> use_nonces(std::span<const NonceUse> nonces) = 0;
  virtual Outcome<void> add_prt(const TenantId& tenant, const Prt& prt, std::span<const NonceUse> nonces) = 0;
  virtual Outcome<void> renew_prt(const TenantId& tenant, const PrtId& id, std::int64_t expires,
                                  std::int64_t now, std::span<const NonceUse> nonces) = 0;
  // not_found: revoked, or never given. One that has expired is there until it is forgotten.
  virtual Outcome<Prt> prt(const TenantId& tenant, const PrtId& id) = 0;
  virtual Outcome<std::vector<Prt>> prts_of(const TenantId& tenant, const ObjectId& user) = 0;
  virtual Outcome<void> remove_prt(const TenantId& tenant, const PrtId& id) = 0;
  // All of a user's, and whatever else she was given before: see revocations().
  virtual Outcome<void> remove_prts_of(const TenantId& tenant, const ObjectId& user) = 0;
  // How often that was done. What is no PRT and is not kept here is good as long as this number stays.
  virtual Outcome<std::int64_t> revocations(const TenantId& tenant, const ObjectId& user) = 0;

  // Nonces, codes and PRTs whose time is over. To be called every minute or so.
  virtual Outcome<void> forget_expired(std::int64_t now) = 0;
};

}  // namespace ferryman::directory
