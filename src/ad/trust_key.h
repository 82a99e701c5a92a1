#pragma once

#include <cstdint>
#include <string_view>

#include "ad/domain.h"
#include "ad/failure.h"
#include "ad/trust.h"
#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/key.h"

namespace ferryman::ad {

// The key of krbtgt_NNNNN: AES256, and its version without the number [MS-KILE 3.1.5.8].
struct TrustKey {
  crypto::Key key;
  std::uint32_t version;
};

// The newest of the account's in a keytab that "samba-tool domain exportkeytab" wrote.
Outcome<TrustKey> key_of_keytab(Bytes file, std::int64_t number);

// 64 random characters, of all the kinds that a password policy may ask for.
Secret random_trust_password();

// What a domain controller of Windows makes of that password: string-to-key with the salt that it gives to
// every account whose name has not changed [MS-KILE 3.1.1.2].
crypto::Key key_of_password(const Domain& domain, std::string_view account, const Secret& password);

// Of msDS-KeyVersionNumber, what stands in tickets.
std::uint32_t version_in_tickets(std::int64_t key_version);

}  // namespace ferryman::ad
