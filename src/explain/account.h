#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "explain/requests.h"
#include "explain/step.h"

// The user's account, her key and her ticket-granting ticket.
namespace ferryman::explain {

// An account, or a service's, as its realm's administration has it; only where the realm is ours.
struct RealmAccount {
  std::string name;  // by which commands find it
  bool disabled = false, must_change = false, key_required = false, has_password = true;
  std::optional<std::int64_t> locked_until, expires, password_expires;
};

// What came of an AS-REQ without a proof.
struct AccountSeen {
  Principal user;
  std::optional<std::int32_t> error;  // nothing: an AS-REP
  Hints hints;                        // with preauth_required
  Etypes etypes;                      // that were asked for
  // The realm's side, where it was looked at.
  bool realm_was_asked = false;
  std::optional<RealmAccount> realm;  // nothing: it has no such user
};
Step judge_account(const AccountSeen& seen, std::int64_t now);

// By what the user was to prove who she is.
struct KeySeen {
  enum class By : std::uint8_t { nothing, password, keytab, cache };
  Principal user;
  By by = By::nothing;
  std::string trouble{}, advice{};    // why it cannot be used at all
  std::optional<std::int32_t> error;  // of the AS-REQ with it
  bool policy_refused = false;        // the gateway's policy has, HTTP 403
  std::optional<RealmAccount> realm;
};
Step judge_key(const KeySeen& seen, std::int64_t now);

// "aes256-cts-hmac-sha1-96, aes128-cts-hmac-sha1-96".
std::string names_of(const Etypes& etypes);
// "KDC_ERR_PREAUTH_FAILED".
std::string name_of_error(std::int32_t code);

// What the realm's administration says against the account, and the command that mends it.
std::optional<Step> judge_realm_account(std::string_view id, const Principal& who,
                                        const RealmAccount& account, std::string_view kind, std::int64_t now);

}  // namespace ferryman::explain
