#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <variant>

#include "account/policy.h"
#include "base/bytes.h"
#include "directory/directory.h"

// New passwords of users: by kpasswd, by sign-in and by an administrator.
namespace ferryman::account {

// Why one is not taken: a sentence for the person who chose it.
struct Weakness {
  std::string text;
};

// One that is not made yet, for check_strength().
directory::Account to_be(const directory::NewAccount& wanted);

// Length, strength as zxcvbn counts it with the account's names and the realm as words that are known, and no
// name of the account in it. password: UTF-8. Whether it is a former one change_password() sees.
tl::expected<void, Weakness> check_strength(const PasswordPolicy& policy, const directory::Tenant& tenant,
                                            const directory::Account& account, Bytes password);

// Checks the first one of an account that is to be made, and gives it keys of it. As slow as the next.
tl::expected<void, Weakness> give_first_password(const Policy& policy, const directory::Tenant& tenant,
                                                 directory::WholeAccount& wanted, Bytes password,
                                                 std::int64_t now);

// Checks it, and gives the account keys of it in all etypes that are allowed. It is slow, as string-to-key
// is. What fails in the directory is a Failure. must_change: it is good for choosing another one only.
using PasswordRefused = std::variant<Weakness, directory::Failure>;
tl::expected<void, PasswordRefused> change_password(directory::Directory& directory,
                                                    const directory::Tenant& tenant, const Policy& policy,
                                                    const directory::Principal& user, Bytes password,
                                                    std::int64_t now, bool must_change = false);

}  // namespace ferryman::account
