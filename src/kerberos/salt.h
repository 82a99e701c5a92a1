#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "kerberos/kdc_req.h"
#include "kerberos/reply.h"

namespace ferryman::kerberos {

// The salt of the account's key as a KDC tells it to who has no ticket yet: in the METHOD-DATA of
// PREAUTH_REQUIRED and PREAUTH_FAILED, or beside an AS-REP; PA-ETYPE-INFO2's first, else PA-PW-SALT (RFC 4120
// 5.2.7). It belongs to the key and not to the name that was asked for, so it is the one thing that such an
// answer says of which account is meant: crealm and cname of a KRB-ERROR repeat the request. Nothing where
// there is none, as for an RC4 key of Active Directory. Views reply's bytes.
std::optional<Bytes> salt_told(const Reply& reply);

// KDCOptions (RFC 6806 11): the KDC may look for the name elsewhere, and answer with another.
inline constexpr std::uint32_t kdc_option_canonicalize = 0x00010000;

// An AS-REQ of our own that makes a KDC tell it: the same client, named in the same way, without
// pre-authentication, for all encryption types that have a salt. So the answer depends on nothing but the
// name. of has a cname.
std::vector<std::uint8_t> ask_for_salt(const KdcReq& of);

}  // namespace ferryman::kerberos
