#include "kdc/tgs_header.h"

#include <utility>

#include "account/issuer.h"
#include "crypto/checksum.h"
#include "kdc/partial_tgt.h"
#include "kdc/tgt.h"
#include "kerberos/kdc_req.h"
#include "ticket/authorization.h"

namespace ferryman::kdc {
namespace {

namespace checksum_type = kerberos::checksum_type;
namespace error_code = kerberos::error_code;
namespace key_usage = kerberos::key_usage;
namespace option = kerberos::kdc_option;

Judged<kerberos::ApReq> read_ap_req(const Kdc& kdc, const kerberos::WholeKdcReq& request) {
  const auto element = request.padata.find(kerberos::padata::tgs_req);
  if (!element) return refuse(error_code::padata_type_not_supported, "no PA-TGS-REQ");
  const auto ap_req = kerberos::parse<kerberos::ApReq>(element->value);
  if (!ap_req) return refuse(error_code::generic, "a PA-TGS-REQ that is not well formed");
  if ((ap_req->ap_options & (kerberos::ap_option::use_session_key | kerberos::ap_option::mutual_required)) !=
      0)
    return refuse(error_code::policy, "AP options in a TGS-REQ");
  if (!is_krbtgt(kdc, ap_req->ticket))
    return refuse(error_code::policy, "the header's ticket is no TGT of this realm");
  return *ap_req;
}

// The encryption of the authenticator keeps the checksum from being changed, so that an unkeyed one that is
// collision-proof is enough (RFC 4120 3.3.2).
Judged<void> check_body(const TgsHeader& header, Bytes body) {
  const auto& checksum = header.authenticator.authenticator.checksum;
  if (!checksum) return refuse(error_code::inappropriate_checksum, "no checksum in the authenticator");
  const crypto::Key& key = header.opened.session_key;
  bool right = false;
  if (checksum->type == checksum_type::rsa_md5 || checksum->type == checksum_type::sha1) {
    right = crypto::verify_unkeyed_checksum(checksum->type, body, checksum->value);
  } else if (checksum->type == key.type().checksum) {
    right = crypto::verify_checksum(key, key_usage::tgs_req_checksum, checksum->type, body, checksum->value);
  } else if (checksum->type == checksum_type::rsa_md4 || crypto::checksum_size(checksum->type) != 0) {
    return refuse(error_code::inappropriate_checksum, "a checksum type that is not good enough");
  } else {
    return refuse(error_code::checksum_type_not_supported, "a checksum type that is not known");
  }
  if (!right) return refuse(error_code::bad_integrity, "the request's checksum");
  return {};
}

}  // namespace

Judged<TgsHeader> open_tgs_header(const Kdc& kdc, const kerberos::WholeKdcReq& request, Now now) {
  const auto ap_req = read_ap_req(kdc, request);
  if (!ap_req) return tl::unexpected(ap_req.error());
  auto opened = open_header_tgt(kdc, ap_req->ticket);
  if (!opened) return tl::unexpected(opened.error());
  auto authenticator = ticket::open_authenticator(ap_req->authenticator, opened->session_key,
                                                  key_usage::tgs_req_authenticator);
  if (!authenticator) return tl::unexpected(authenticator.error());
  const std::uint32_t options = request.body.kdc_options;
  const auto checked = check_ap(*opened, *authenticator,
                                {now.seconds, kdc.policy.max_skew, (options & option::validate) != 0});
  if (!checked) return tl::unexpected(checked.error());
  if (account::rodc_of(ap_req->ticket) != 0)
    if (const auto limited = limit_partial_tgt(kdc, opened->part, now); !limited)
      return tl::unexpected(limited.error());
  for (const auto* list :
       {&opened->part.authorization_data, &authenticator->authenticator.authorization_data}) {
    const auto armor_only = ticket::is_armor_only(*list);
    if (!armor_only) return tl::unexpected(armor_only.error());
    if (*armor_only) return refuse(error_code::policy, "a ticket or an authenticator that is for FAST alone");
  }
  TgsHeader header{ap_req->ticket, std::move(*opened), std::move(*authenticator)};
  if (const auto body = check_body(header, request.body.octets); !body) return tl::unexpected(body.error());
  return header;
}

}  // namespace ferryman::kdc
