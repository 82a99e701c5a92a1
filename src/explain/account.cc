#include "explain/account.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/text.h"
#include "kerberos/names.h"
#include "kerberos/numbers.h"

namespace ferryman::explain {
namespace {

namespace code = kerberos::error_code;

std::string time_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return "?";
  return fmt::format("{}-{:02}-{:02} {:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min);
}

constexpr std::string_view ask_administrator = "ask the realm's administrator";

// What a KDC says against an account, before or after its proof.
std::optional<Step> judge_refusal(std::string_view id, const Principal& user, std::int32_t error) {
  const std::string who = user.text(), word = name_of_error(error);
  const auto wrong = [&](std::string text, std::string mend) {
    return Step{id, State::wrong, fmt::format("{} ({})", text, word), std::move(mend)};
  };
  switch (error) {
    case code::client_unknown:
      return wrong(fmt::format("the realm has no user {}", who),
                   "look at the name; an administrator adds one with \"ferryman realm user add\" (MIT: "
                   "\"kadmin addprinc\")");
    case code::client_revoked:
      return wrong(
          fmt::format("{} is locked, disabled or expired", who),
          fmt::format(
              "{}: \"ferryman realm user show {}\" says which, \"ferryman realm user unlock {}\" unlocks",
              ask_administrator, printable(user.name()), printable(user.name())));
    case code::client_expired:
      return wrong(fmt::format("the account {} has expired", who), std::string(ask_administrator));
    case code::key_expired:
      return wrong(fmt::format("the password of {} has expired or must be changed", who),
                   fmt::format("\"kpasswd {}\" changes it", who));
    case code::etype_not_supported:
      return wrong(fmt::format("{} has no key of an encryption type that this computer asks for", who),
                   "widen permitted_enctypes in krb5.conf, or change the password, which makes new keys");
    case code::wrong_realm:
      return wrong(fmt::format("{} is a user of another realm", who),
                   "write the name with the realm that is meant");
    case code::policy:
      return wrong(fmt::format("policy refuses the logon of {}", who),
                   "look at the realm's rules at the gateway and at the user's policy at the KDC");
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string names_of(const Etypes& etypes) {
  std::string text;
  for (const std::int32_t each : etypes) {
    const std::string_view known = kerberos::etype_name(each);
    text += fmt::format("{}{}", text.empty() ? "" : ", ", known.empty() ? std::to_string(each) : known);
  }
  return text.empty() ? "none" : text;
}

std::string name_of_error(std::int32_t error) {
  const std::string_view known = kerberos::error_name(error);
  return known.empty() ? fmt::format("KRB-ERROR {}", error) : std::string(known);
}

std::optional<Step> judge_realm_account(std::string_view id, const Principal& who,
                                        const RealmAccount& account, std::string_view kind,
                                        std::int64_t now) {
  const std::string name = printable(account.name);
  const auto wrong = [&](std::string what, std::string_view verb) {
    return Step{id, State::wrong, fmt::format("{} {}", who.text(), what),
                fmt::format("\"ferryman realm {} {}\"", kind, verb)};
  };
  if (account.disabled) return wrong("is disabled", "enable " + name);
  if (account.locked_until && *account.locked_until > now)
    return wrong(
        fmt::format("is locked until {}, after too many wrong passwords", time_text(*account.locked_until)),
        "unlock " + name);
  if (account.expires && *account.expires <= now)
    return wrong("expired on " + time_text(*account.expires), "set " + name + " --expires never");
  if (kind != "user") return std::nullopt;
  if (account.must_change)
    return Step{id, State::wrong, fmt::format("{} must change the password first", who.text()),
                fmt::format("\"kpasswd {}\"", who.text())};
  if (!account.key_required && account.password_expires && *account.password_expires <= now)
    return Step{
        id, State::wrong,
        fmt::format("the password of {} expired on {}", who.text(), time_text(*account.password_expires)),
        fmt::format("\"kpasswd {}\"", who.text())};
  return std::nullopt;
}

Step judge_account(const AccountSeen& seen, std::int64_t now) {
  constexpr std::string_view id = "account";
  const std::string who = seen.user.text();
  if (seen.realm_was_asked && !seen.realm && seen.error == code::client_unknown)
    return {id, State::wrong, fmt::format("the realm has no user {}", who),
            fmt::format("\"ferryman realm user add {}\"", printable(seen.user.name()))};
  if (seen.realm)
    if (auto step = judge_realm_account(id, seen.user, *seen.realm, "user", now)) return *step;
  if (!seen.error) return {id, State::ok, fmt::format("{} is known, and gets a ticket without a proof", who)};
  if (*seen.error != code::preauth_required) {
    if (auto step = judge_refusal(id, seen.user, *seen.error)) return *step;
    return {id, State::wrong, fmt::format("the KDC refuses {} ({})", who, name_of_error(*seen.error)),
            "look at the KDC's log"};
  }
  Etypes keys;
  for (const KeyHint& hint : seen.hints.keys) keys.push_back(hint.etype);
  const std::string own = seen.realm && seen.realm->key_required ? "; logs on by a key alone" : "";
  return {id, State::ok,
          fmt::format("{} may log on; keys: {}; asked for: {}{}", who, names_of(keys), names_of(seen.etypes),
                      own)};
}

Step judge_key(const KeySeen& seen, std::int64_t now) {
  constexpr std::string_view id = "key";
  const std::string who = seen.user.text();
  const std::string_view what = seen.by == KeySeen::By::password ? "password"
                                : seen.by == KeySeen::By::keytab ? "keytab's key"
                                                                 : "ticket";
  if (!seen.trouble.empty()) return {id, State::wrong, seen.trouble, seen.advice};
  if (seen.by == KeySeen::By::nothing)
    return {
        id, State::not_looked_at,
        fmt::format("nothing was given by which {} proves who that is: say --password, --password-stdin or "
                    "--client-keytab, or \"kinit\" before",
                    who)};
  if (seen.policy_refused)
    return {
        id, State::wrong,
        fmt::format("the gateway's policy refuses the {} of {}: outside FAST, or after too many wrong ones",
                    what, who),
        "\"kinit -n -c ARMOR; kinit -T ARMOR\" and then this again, or allow_unarmored_password = true "
        "of the "
        "realm in ferryman.toml"};
  if (!seen.error) return {id, State::ok, fmt::format("the {} of {} is good", what, who)};
  if (seen.realm)
    if (auto step = judge_realm_account(id, seen.user, *seen.realm, "user", now)) return *step;
  const std::string word = name_of_error(*seen.error);
  if (*seen.error == code::preauth_failed || *seen.error == code::bad_integrity)
    return {id, State::wrong, fmt::format("the {} of {} is wrong ({})", what, who, word),
            seen.by == KeySeen::By::keytab
                ? "make a new keytab"
                : "type it again; an administrator sets another with \"ferryman realm user password\""};
  if (*seen.error == code::skew)
    return {"clock", State::wrong, fmt::format("the KDC finds this computer's clock wrong ({})", word),
            "set it, \"timedatectl set-ntp true\" (or \"chronyc makestep\")"};
  if (auto step = judge_refusal(id, seen.user, *seen.error)) return *step;
  return {id, State::wrong, fmt::format("the KDC does not take the {} of {} ({})", what, who, word),
          "look at the KDC's log"};
}

}  // namespace ferryman::explain
