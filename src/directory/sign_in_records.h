#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "directory/ad_link.h"
#include "directory/directory.h"
#include "directory/failure.h"
#include "directory/guid.h"

namespace ferryman::directory {

struct DeviceId : Guid {};
// Of a Hello key SHA-256 of its material, as [MS-ADTS] 2.2.20.6 has it, of a FIDO key that of its credential
// id.
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

// As [MS-ADTS] 2.2.20.5.1 numbers what keys are for.
enum class KeyKind : std::uint8_t {
  hello = 1,  // on a device
  fido = 7,   // in an authenticator, which the user takes along (WebAuthn Level 2)
};

// A user's key.
struct KeyCredential {
  KeyId id{};
  ObjectId user;
  KeyKind kind = KeyKind::hello;
  std::optional<DeviceId> device{};  // of a Hello key
  std::string name{};                // of a FIDO key, for people
  // Of a Hello key its KEYCREDENTIALLINK_BLOB [MS-ADTS 2.2.20], without a last use; of a FIDO key the
  // attestation object that it was registered with.
  Octets blob{};
  std::optional<Guid> aaguid{};  // of a FIDO key: the authenticator's make and model
  std::uint32_t sign_count = 0;  // of a FIDO key: its signatures so far, where it counts them
  std::int64_t created = 0;
  std::optional<std::int64_t> last_used{};
};
inline constexpr std::size_t user_handle_size = 32;  // octets

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

// A program that waits for a person with a browser to say yes (RFC 8628). Both codes are known by their
// hashes.
struct DeviceCode {
  Digest code{}, user_code{};
  TenantId tenant;                   // where it asked; no_tenant: at every one
  std::string address{}, network{};  // it asked from; the network is what is counted
  std::string client{}, resource{}, scope{};
  std::int64_t created = 0, expires = 0;
};
enum class Decision : std::uint8_t { pending = 1, denied = 2, allowed = 3 };
// What has come of one for the program that asks. expired also where there is none.
struct PolledDeviceCode {
  enum class State : std::uint8_t { expired, pending, too_soon, denied, allowed };
  State state = State::expired;
  std::string grant{}, resource{}, scope{};  // of who has allowed it
};

// What signs or seals for a tenant's sign-in.
enum class SecretKind : std::uint8_t {
  device_ca = 1,      // signs devices' certificates; known: its certificate
  token_key = 2,      // signs tokens; known: its SubjectPublicKeyInfo
  prt_key = 3,        // seals PRTs and refresh tokens
  nonce_key = 4,      // of nonces: of no tenant but of the realm
  kdc_authority = 5,  // signs the KDC's certificates for PKINIT; known: its certificate
};
struct SignInSecret {
  Octets known{};  // what is no secret of it
  Secret secret{};
};
inline constexpr TenantId no_tenant{};

// Beyond, the oldest PRT of a device goes for a new one, and a user joins no further device and registers no
// further key.
inline constexpr std::size_t max_prts_of_device = 8, max_devices_of_user = 64, max_keys_of_user = 64;
// Beyond, no program is given a code: that wait at one tenant, and that were asked for from one network.
inline constexpr std::size_t max_device_codes = 10'000, max_device_codes_of_network = 32;
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
  // user_handle_size octets, by which authenticators know the user and nobody else does: random, made when
  // they are first asked for.
  virtual Outcome<Octets> user_handle(const TenantId& tenant, const ObjectId& user) = 0;

  // Each of these uses nonces with what else it does, or does nothing at all: reason already_exists where
  // another request has used one. A loss of power may undo it, and its user then signs in once more; what
  // revokes is durable.
  virtual Outcome<void> use_nonces(std::span<const NonceUse> nonces) = 0;
  // Of a FIDO key that has signed: reason invalid where its counter has not gone on, which that of a copy has
  // not. One that stays at 0 counts nothing.
  virtual Outcome<void> use_key(const TenantId& tenant, const KeyId& id, std::uint32_t sign_count,
                                std::int64_t now, std::span<const NonceUse> nonces) = 0;
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

  // Whether use_nonces() has used it.
  virtual Outcome<bool> is_used(const Digest& nonce) = 0;

  // Reason already_exists where one that waits has this user_code; invalid where too many wait.
  virtual Outcome<void> add_device_code(const DeviceCode& code) = 0;
  // One that is pending, of the tenant or of every one.
  virtual Outcome<DeviceCode> device_code(const TenantId& tenant, const Digest& user_code,
                                          std::int64_t now) = 0;
  // Once: not_found where it is not pending any more. grant: of who allows it.
  virtual Outcome<void> decide_device_code(const TenantId& tenant, const Digest& user_code, Decision decision,
                                           std::string_view grant, std::int64_t now) = 0;
  // What is decided is told once. client: others' are none. pause: seconds between two polls.
  virtual Outcome<PolledDeviceCode> poll_device_code(const Digest& code, std::string_view client,
                                                     std::int64_t pause, std::int64_t now) = 0;

  // Nonces, codes and PRTs whose time is over. To be called every minute or so.
  virtual Outcome<void> forget_expired(std::int64_t now) = 0;

  // Links to on-premises domains. A new one, or in place of the one to the same domain; users stay of it.
  // Reason invalid where something in it is wrong, or there are too many.
  virtual Outcome<void> set_ad_link(const TenantId& tenant, const AdLink& link, Bytes key,
                                    std::int64_t now) = 0;
  virtual Outcome<std::vector<AdLink>> ad_links(const TenantId& tenant) = 0;
  // What its users are there stays.
  virtual Outcome<void> remove_ad_link(const TenantId& tenant, std::string_view domain) = 0;
  // In place of what she was before; already_exists where another one has the SID.
  virtual Outcome<void> set_on_premises(const TenantId& tenant, const OnPremisesUser& user) = 0;
  // She is of no domain any more; not_found where she was of none.
  virtual Outcome<void> forget_on_premises(const TenantId& tenant, const ObjectId& user) = 0;
  virtual Outcome<OnPremisesUser> on_premises(const TenantId& tenant, const ObjectId& user) = 0;
  virtual Outcome<OnPremisesUser> find_on_premises(const TenantId& tenant, std::string_view sid) = 0;
  // Those of a domain, by their SIDs.
  virtual Outcome<Page<OnPremisesUser>> on_premises_users(const TenantId& tenant, std::string_view domain,
                                                          const PageRequest& page) = 0;
  // not_found where the user is of no domain, or of one that is not linked.
  virtual Outcome<AdIdentity> ad_identity(const TenantId& tenant, const ObjectId& user) = 0;
};

}  // namespace ferryman::directory
