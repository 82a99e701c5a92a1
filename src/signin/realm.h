#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "account/attempts.h"
#include "account/policy.h"
#include "directory/sign_in_records.h"
#include "pki/attestation_roots.h"
#include "signin/answer.h"
#include "signin/keys.h"
#include "signin/programs.h"

namespace ferryman::signin {

struct Settings {
  std::string url;     // how clients reach the service, without a slash at its end
  std::string tenant;  // the default one
  std::chrono::milliseconds nonce_lifetime{300'000};
  std::chrono::milliseconds prt_lifetime{std::chrono::hours{14 * 24}};
  bool enrol_by_code = true, enrol_by_password = true;
  std::vector<Program> programs{};  // besides those that everybody knows
  // Of FIDO keys (WebAuthn Level 2): what they are registered for, and where, besides url, they may be asked.
  std::string rp_id{};
  std::vector<std::string> origins{};
  // Makers of security keys and TPMs whose word is taken; null: none.
  std::shared_ptr<const pki::AttestationRoots> attestation_roots{};
  bool allow_software_keys = true;  // else a Hello key is registered only where its TPM attests it
};

// What an endpoint answers from, for one request.
struct Realm {
  directory::Directory& directory;
  directory::SignInRecords& records;
  account::Attempts& attempts;
  const account::Policy& policy;
  const Settings& settings;
  Keys& keys;
  Nonces::Time time;

  // Seconds since 1970.
  std::int64_t now() const {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  }
};

// The reason of the refusal of a tenant that is there.
inline constexpr std::string_view tenant_disabled = "tenant disabled";
// By a name, a domain or a GUID, as it stands in a path; not one that is disabled.
Step<directory::Tenant> find_tenant(const Realm& realm, std::string_view name);
// The one that a path names or, where it names none, to which the user's name belongs.
Step<directory::Tenant> tenant_of_user(const Realm& realm, std::string_view path_tenant,
                                       std::string_view user);
bool names_every_tenant(std::string_view path_tenant);

// A user by what she types: a UPN, or her name alone or before one of the tenant's domains. Nothing where
// there is none.
Step<std::optional<directory::Principal>> find_user(const Realm& realm, const directory::Tenant& tenant,
                                                    std::string_view name);
// By her id, where she may log on: revoked where she is gone, disabled where she may not.
Step<directory::Principal> active_user(const Realm& realm, const directory::Tenant& tenant,
                                       const directory::ObjectId& id);
Step<void> check_active(const Realm& realm, const directory::Account& account);

// How others call her: a UPN, or her name in the tenant's first domain or realm.
std::string upn_of(const directory::Tenant& tenant, const directory::Account& account);

Step<std::shared_ptr<const TenantKeys>> keys_of(const Realm& realm, const directory::Tenant& tenant);

}  // namespace ferryman::signin
