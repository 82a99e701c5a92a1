#include "signin/proof.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "account/state.h"
#include "crypto/string_to_key.h"
#include "directory/names.h"
#include "signin/enrolment_code.h"

namespace ferryman::signin {
namespace {

using account::Attempts;
using directory::Principal;
using directory::SignInRecords;
using Verdict = Attempts::Verdict;

// Of a user and a domain. What is counted of names that nobody has is kept by them.
constexpr std::size_t max_user_name = 2 * directory::max_name + 1;

auto bad_credentials(std::string_view reason) {
  return refuse(
      {400, "invalid_grant", entra::bad_credentials, "Invalid user name, password or code.", reason});
}

auto locked(std::string_view reason = "locked") {
  return refuse({400, "invalid_grant", entra::locked,
                 "The account is locked: too many wrong passwords or codes. Try again later.", reason});
}

// The one of the present keys that is made in the shortest time: its password is all of theirs.
const directory::LongTermKey* cheapest(const std::vector<directory::LongTermKey>& keys) {
  const auto found = std::min_element(
      keys.begin(), keys.end(),
      [](const directory::LongTermKey& a, const directory::LongTermKey& b) { return a.etype < b.etype; });
  return found == keys.end() ? nullptr : &*found;
}

directory::Outcome<bool> is_password(const Principal& user, std::string_view text) {
  const directory::LongTermKey* key = cheapest(user.keys);
  if (key == nullptr) return false;
  const auto present = key->open();
  if (!present) return tl::unexpected(present.error());
  const auto made = crypto::string_to_key(key->etype, as_bytes(text), as_bytes(key->salt), key->s2kparams);
  return made && equal_in_constant_time(made->octets(), present->bytes());
}

// One who is nobody takes as long, and is locked as well.
Step<Proven> refuse_unknown(const Realm& realm, const directory::Tenant& tenant, std::string_view name,
                            std::string_view text) {
  crypto::string_to_key(realm.policy.etypes.front(), as_bytes(text), as_bytes(tenant.realm));
  // As the directory is asked: whatever the domain is.
  const std::string counted = directory::unique_key(name.substr(0, name.rfind('@')));
  if (!realm.attempts.count_unknown(tenant.id, counted, realm.policy.lockout, realm.now())) return locked();
  return bad_credentials("no such user");
}

// What is tried, and what has come of it besides right or wrong.
struct Trial {
  const Realm& realm;
  const directory::Tenant& tenant;
  const Principal& user;
  std::string_view secret;
  bool by_code = false;
  std::optional<directory::Failure> failure{};

  Verdict run() {
    if (realm.settings.enrol_by_code) {
      if (const auto hash = hash_of_enrolment_code(secret)) {
        const auto verdict = realm.records.try_code(tenant.id, user.account.id, *hash, realm.now());
        if (!verdict) {
          failure = verdict.error();
          return Verdict::unreadable;
        }
        by_code = *verdict == SignInRecords::CodeVerdict::right;
        if (by_code) return Verdict::right;
        if (*verdict == SignInRecords::CodeVerdict::wrong) return Verdict::wrong;
      }
    }
    if (!realm.settings.enrol_by_password) return Verdict::wrong;
    const auto right = is_password(user, secret);
    if (!right) {
      failure = right.error();
      return Verdict::unreadable;
    }
    return *right ? Verdict::right : Verdict::wrong;
  }
};

Step<void> check_password_state(const Realm& realm, const Principal& user) {
  if (user.key_required)
    return refuse({400, "invalid_grant", entra::bad_credentials, "No password passes for this account.",
                   "key required"});
  if (account::check_password(user.account, realm.now())) return {};
  return refuse({400, "invalid_grant", entra::password_expired,
                 "The password has expired or must be changed; change it first.", "password expired"});
}

}  // namespace

Step<Proven> prove(const Realm& realm, const directory::Tenant& tenant, std::string_view name,
                   std::string_view secret) {
  if (name.size() > max_user_name) return bad_credentials("a name that is too long");
  const std::uint64_t seen = realm.attempts.failures_seen();
  auto found = find_user(realm, tenant, name);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return refuse_unknown(realm, tenant, name, secret);
  Principal& user = **found;
  Trial trial{realm, tenant, user, secret};
  const auto about = [&](tl::unexpected<Answer> refusal) {
    refusal.value().user = user.account.name;
    refusal.value().tenant = tenant.settings.name;
    return refusal;
  };
  const auto verdict = realm.attempts.try_key(realm.directory, realm.policy.lockout, user, realm.now(), seen,
                                              [&trial] { return trial.run(); });
  if (!verdict) return tl::unexpected(unavailable(verdict.error()));
  if (trial.failure) return tl::unexpected(unavailable(*trial.failure));
  if (*verdict == Verdict::locks) return about(locked(reason_locks));
  if (*verdict == Verdict::locked) return about(locked());
  if (*verdict != Verdict::right) return about(bad_credentials("wrong password or code"));
  if (const auto active = check_active(realm, user.account); !active)
    return about(tl::unexpected(active.error()));
  if (!trial.by_code) {
    if (const auto good = check_password_state(realm, user); !good)
      return about(tl::unexpected(good.error()));
  }
  constexpr std::int64_t microseconds = 1'000'000;
  realm.directory.note_success(tenant.id, user.account.id, realm.now() * microseconds, realm.now());
  return Proven{std::move(user), trial.by_code ? directory::Gesture::code : directory::Gesture::password};
}

Step<bool> count_guess(const Realm& realm, const Principal& user,
                       const std::function<directory::Outcome<bool>()>& look) {
  std::optional<directory::Failure> failure;
  constexpr std::uint64_t none_seen = 0;  // she was read long ago: again, where any failure was counted
  const auto verdict =
      realm.attempts.try_key(realm.directory, realm.policy.lockout, user, realm.now(), none_seen, [&] {
        const auto right = look();
        if (right) return *right ? Verdict::right : Verdict::wrong;
        failure = right.error();
        return Verdict::unreadable;
      });
  if (!verdict) return tl::unexpected(unavailable(verdict.error()));
  if (failure) return tl::unexpected(unavailable(*failure));
  if (*verdict == Verdict::locks) return locked(reason_locks);
  if (*verdict == Verdict::locked) return locked();
  return *verdict == Verdict::right;
}

}  // namespace ferryman::signin
