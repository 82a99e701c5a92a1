#pragma once

#include "directory/account.h"
#include "kdc/kdc.h"
#include "pkinit/signed_data.h"
#include "ticket/refusal.h"

namespace ferryman::kdc {

// How a certificate that has signed is the account's.
enum class KnownBy { registration, certificate };
// Codes as of prove_by_public_key(). account: null
// where there is none of that name, of which nothing is to be told: it is as one whose certificate this is
// not.
Judged<KnownBy> check_certificate(const Kdc& kdc, const directory::Account* account,
                                  const pkinit::SignedRequest& request, Now now);

}  // namespace ferryman::kdc
