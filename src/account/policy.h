#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "directory/account.h"
#include "kerberos/numbers.h"
#include "ticket/lifetime.h"

namespace ferryman::account {

// New passwords.
struct PasswordPolicy {
  std::size_t min_length = 12;    // characters
  std::size_t max_length = 1024;  // octets
  double min_strength = 40;       // bits, as zxcvbn counts them
  std::size_t history = 5;        // former passwords that must not come again
  std::int64_t max_age = 0;       // seconds; 0: they do not expire
};

// What a realm sets for all its accounts.
struct Policy {
  ticket::LifetimeLimit lifetime;
  std::int64_t password_ticket_lifetime = 300;  // of one for kadmin/changepw: it is not renewable
  std::int64_t max_skew = 300;
  // Allowed, the best one first; the order is that in which tickets' and replies' own keys are chosen.
  std::vector<std::int32_t> etypes{kerberos::etype::aes256_sha1, kerberos::etype::aes128_sha1,
                                   kerberos::etype::aes256_sha384, kerberos::etype::aes128_sha256};
  bool hide_unknown_clients = false;
  directory::LockoutPolicy lockout;
  PasswordPolicy password;
};

}  // namespace ferryman::account
