#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/secret.h"
#include "keys/key_store.h"
#include "keys/security_key.h"
#include "login/accounts.h"
#include "login/failure.h"
#include "login/session.h"

// What enroll, login, logout, status, unenroll and env have in common.
namespace ferryman {

// Says to standard error what went wrong; returns the exit code. command: "login".
int complain(std::string_view command, int exit_code, std::string_view text);
int complain(std::string_view command, const login::Failure& failure);

// The accounts of whoever calls. The error is the exit code of what was told: there are none, too.
tl::expected<login::Accounts, int> enrolled_accounts(std::string_view command);

// Where a key has a PIN: from standard input, or from whoever sits there. The error is the exit code.
struct PinQuestion {
  std::string_view command;
  bool from_standard_input;
  std::string whose;  // "alice@example.com"
};
tl::expected<Secret, int> ask_pin(const PinQuestion& question);

// The security key that is plugged in, where an account's key is in one; and its PIN, where it has one. They
// are whoever's who calls. The error is the exit code.
tl::expected<std::optional<keys::SecurityKey>, int> security_key_of(std::string_view command,
                                                                    const login::KeyPlace& place);
bool asks_pin(const std::optional<keys::SecurityKey>& security_key);
// One that the store takes; a person types it twice.
tl::expected<Secret, int> ask_new_pin(const PinQuestion& question, const keys::KeyStore& store);

// Tells that no PIN can be tried now, where that is so; exit_ok else.
int check_not_locked(std::string_view command, keys::KeyStore& store);

// What came of it, for people or as JSON; the exit code. No ticket of an Active Directory is none of its own.
int print_signed_in(std::string_view command, const login::EnrolledAccount& account,
                    const login::SignedIn& signed_in, bool json);

}  // namespace ferryman
