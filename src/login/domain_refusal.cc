#include "login/domain_refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "kerberos/names.h"
#include "kerberos/numbers.h"

namespace ferryman::login {
namespace {

namespace code = kerberos::error_code;

// What a domain says of itself begins with its name.
struct Meaning {
  std::int32_t code;
  std::string_view words;
};

constexpr std::string_view other_key =
                               "has another key for the cloud than the realm: an administrator can look with "
                               "\"ferryman realm ad check\" "
                               "and agree upon a new one with \"ferryman realm ad rotate\"",
                           wrong_clock = "finds this computer's clock wrong: set it";

constexpr std::array meanings{
    Meaning{code::tgt_revoked,
            "does not let this account in by cloud trust: it is in a group whose secrets are never revealed, "
            "or in none that may be"},
    Meaning{code::bad_key_version,
            "does not know the key that the cloud's ticket is under: an administrator can look with "
            "\"ferryman realm ad check\" and agree upon a new one with \"ferryman realm ad rotate\""},
    Meaning{code::bad_integrity, other_key},
    Meaning{code::modified, other_key},
    Meaning{code::client_unknown,
            "knows no account of this name: an administrator can look with \"ferryman realm user show\", and "
            "take over what the domain has now with \"ferryman realm ad sync\""},
    Meaning{code::generic,
            "cannot use the cloud's ticket: an administrator finds more in the log of its domain controllers "
            "and with \"ferryman realm ad check\""},
    Meaning{
        code::policy,
        "does not take the cloud for a domain controller that may sign in its users: an administrator can "
        "look with \"ferryman realm ad check\""},
    Meaning{code::client_revoked, "has disabled or locked this account: ask its administrator"},
    Meaning{code::client_expired, "says that this account has expired: ask its administrator"},
    Meaning{code::key_expired, "says that this account's password has expired: change it there"},
    Meaning{code::etype_not_supported,
            "has no AES keys: its administrator has to change the password of krbtgt, twice"},
    Meaning{code::skew, wrong_clock},
    Meaning{code::ticket_expired, wrong_clock},
    Meaning{code::ticket_not_yet_valid, wrong_clock},
    Meaning{code::service_unknown, "is not what the KDC behind the gateway serves: look at the gateway"},
    Meaning{code::wrong_realm, "is not what the KDC behind the gateway serves: look at the gateway"},
};

}  // namespace

std::string domain_refusal(std::int32_t error_code, std::string_view realm) {
  const auto known = std::ranges::find(meanings, error_code, &Meaning::code);
  const std::string_view words =
      known == meanings.end() ? "refuses the cloud's ticket: ask its administrator" : known->words;
  const std::string_view name = kerberos::error_name(error_code);
  return name.empty() ? fmt::format("the domain {} {} (KRB-ERROR {})", printable(realm), words, error_code)
                      : fmt::format("the domain {} {} ({})", printable(realm), words, name);
}

}  // namespace ferryman::login
