#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/secret.h"
#include "login/accounts.h"
#include "login/failure.h"
#include "login/key_place.h"
#include "login/session.h"

// Enrolling an account at a tenant, and leaving it again. Whoever calls holds the lock of the accounts.
namespace ferryman::login {

struct NewAccount {
  std::string url, tenant, user;
  std::string ca_file{};  // an absolute path; empty: the system's CAs
  KeyPlace place{};
};

// "https://gateway.example.com" in its normal form: without a scheme it is https, without a slash at its end.
// Fault failed for another scheme, or what can be no URL.
Outcome<std::string> service_url(const std::string& text);

// Whether it has the form of an enrolment code: four times four letters and digits. One of another form is
// not sent: it would count as a wrong one.
bool is_code(Bytes text);

// One like it that is enrolled already, as far as that can be known before anything is asked; or null.
const EnrolledAccount* find_enrolled(const Accounts& accounts, const NewAccount& wanted);
// Fault failed where there is one.
Outcome<void> check_is_new(const Accounts& accounts, const NewAccount& wanted);

// Told what comes next, before each step that may take long.
using Progress = std::function<void(const std::string& step)>;

// Makes the computer a device of the tenant and the user's key with its PIN one of hers, signs in with them,
// and keeps what came of it. What is kept is an account when all of it is there: an enrolment that was
// interrupted has left none, and at the tenant a device that nobody has the key of. store: that of
// wanted.place, opened, as the security key is where one is wanted. code: or password.
Outcome<SignedIn> enroll(
    Accounts& accounts, const NewAccount& wanted, const Keys& with, Bytes code, std::int64_t now,
    const Progress& progress = [](const std::string&) {});

// Removes the device, and the user's key on it, at the tenant. Fault failed where nobody is signed in: it is
// done in the sign-in's name.
Outcome<void> leave_tenant(const EnrolledAccount& account, keys::KeyStore& store, std::int64_t now);

}  // namespace ferryman::login
