#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "login/answers.h"
#include "login/key_place.h"
#include "pki/public_key.h"

namespace ferryman::login {

// What is kept of an enrolment besides its keys, none of it secret.
struct Account {
  std::string url;      // of the gateway, without a slash at its end
  std::string tenant;   // as the user names it
  std::string ca_file;  // an absolute path; empty: the system's CAs
  Person person{};
  std::string tenant_name{};
  std::string device_id{};    // a GUID
  std::string device_name{};  // of the computer
  KeyPlace place{};
  std::optional<pki::PublicKey> user_key{};  // not of a security key
  std::int64_t enrolled = 0;                 // seconds since 1970

  // Whether a user so named is meant: the UPN or what is before its '@', with "TENANT/" before it or without.
  bool is(std::string_view user) const;
};

std::string account_text(const Account& account);
// Nothing for what account_text() did not write.
std::optional<Account> parse_account(Bytes text);

}  // namespace ferryman::login
