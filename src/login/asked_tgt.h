#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "kerberos/numbers.h"
#include "kerberos/principal_name.h"
#include "login/decrypted_reply.h"

// A ticket-granting ticket that was asked for, in an AS or a TGS exchange.
namespace ferryman::login {

inline constexpr std::array tgt_etypes{kerberos::etype::aes256_sha1, kerberos::etype::aes128_sha1};
// As long as the KDC gives one; what Windows asks for. 2037-09-13.
inline constexpr std::int64_t far_end = 2'136'422'885;

kerberos::Name krbtgt_of(std::string_view realm);

// Why the reply is not the one to a request for the client's TGT of its own realm, with that nonce. Empty: it
// is.
std::string_view why_not_asked_for(const DecryptedReply& reply, const Client& client, std::int64_t nonce);

}  // namespace ferryman::login
