#pragma once

#include <optional>

#include "directory/account.h"
#include "directory/sign_in_records.h"
#include "kdc/kdc.h"
#include "pkinit/signed_data.h"
#include "ticket/refusal.h"

namespace ferryman::kdc {

// Whether a user has registered the key for logging on, on a device that is not disabled.
Judged<bool> is_registered(const Kdc& kdc, const directory::ObjectId& user, const directory::KeyId& id);

// That the certificate that has signed is the account's: the id of its key where she has registered that,
// nothing where what it says is believed. Codes as of prove_by_public_key(). account: null where there is
// none of that name, of which nothing is to be told: it is as one whose certificate this is not.
Judged<std::optional<directory::KeyId>> check_certificate(const Kdc& kdc, const directory::Account* account,
                                                          const pkinit::SignedRequest& request, Now now);

}  // namespace ferryman::kdc
