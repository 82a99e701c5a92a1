#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kdc/fast.h"
#include "kdc/kdc.h"
#include "kdc/tgs_header.h"
#include "kerberos/padata.h"
#include "kerberos/s4u.h"
#include "ticket/refusal.h"

// PA-FOR-USER and PA-S4U-X509-USER [MS-SFU 2.2]: the user whom a service names, and the reply to it.
namespace ferryman::kdc {

// A view of the padata.
struct NamedUser {
  kerberos::PrincipalName name;
  std::string_view realm;       // empty: the KDC's own
  bool by_certificate = false;  // whom she is to be found by
  std::optional<kerberos::S4uUserId> to_answer;
};

// The padata's, whose checksum was verified; of both elements PA-S4U-X509-USER is the one that counts.
// Nothing where there is neither. Codes: judge_s4u(). acts_for: also where it is refused, as far as it could
// be read.
Judged<std::optional<NamedUser>> named_user(const kerberos::PadataList& padata, const TgsHeader& header,
                                            std::int64_t nonce, ActsFor& acts_for);

// The reply's padata: PA-S4U-X509-USER where the request had one. It names the ticket's client: by its
// checksum a service knows who that is, also where it asked for another name of hers.
MadePadata reply_to(const NamedUser& named, const kerberos::PrincipalName& cname, std::string_view crealm,
                    const TgsHeader& header);

}  // namespace ferryman::kdc
