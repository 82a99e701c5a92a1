#include "kerberos/request.h"

#include "der/tag.h"
#include "kerberos/fast.h"
#include "kerberos/kpasswd.h"
#include "kerberos/names.h"

namespace ferryman::kerberos {

std::string_view name(RequestKind kind) {
  switch (kind) {
    case RequestKind::as_req:
      return "AS-REQ";
    case RequestKind::tgs_req:
      return "TGS-REQ";
    case RequestKind::kpasswd:
      return "KPASSWD";
  }
  return {};
}

std::string_view Request::realm() const {
  return kdc_req ? kdc_req->realm : std::string_view();
}

bool Request::armored() const {
  if (!kdc_req) return false;
  const auto fast = kdc_req->padata.find(padata::fx_fast);
  return fast && parse_fast_armored_req(fast->value).has_value();
}

bool Request::may_carry_otp() const {
  if (kind != RequestKind::as_req) return false;
  PadataList list = kdc_req->padata;
  for (Padata element; list.next(element);) {
    switch (element.type) {
      case padata::fx_fast:
      case padata::otp_request:
      case padata::sam_response:
      case padata::sam_response_2:
      case padata::redhat_idp_oauth2:
      case padata::redhat_passkey:
        return true;
      default:
        break;
    }
  }
  return false;
}

bool Request::repeatable() const {
  return kind != RequestKind::kpasswd && !may_carry_otp();
}

Result<Request> parse_request(Bytes message) {
  Request request;
  request.bytes = message;
  // An AS-REQ of 0x6a.. octets could only look like kpasswd if its length octets were the version 0x0001 or
  // 0xff80, which no DER length of such a message is.
  if (looks_like_kpasswd(message)) {
    const auto kpasswd = parse_kpasswd_request(message);
    if (!kpasswd) return tl::unexpected(kpasswd.error());
    request.kind = RequestKind::kpasswd;
    request.kpasswd_version = kpasswd->version;
    return request;
  }
  if (message.empty()) return tl::unexpected(Error{Fault::truncated, 0});
  constexpr std::int32_t as_req = 10, tgs_req = 12;
  const bool as = message[0] == der::application(as_req);
  if (!as && message[0] != der::application(tgs_req)) return tl::unexpected(Error{Fault::unknown_message, 0});
  const auto kdc_req = parse_kdc_req(message, as ? as_req : tgs_req);
  if (!kdc_req) return tl::unexpected(kdc_req.error());
  request.kind = as ? RequestKind::as_req : RequestKind::tgs_req;
  request.kdc_req = *kdc_req;
  return request;
}

}  // namespace ferryman::kerberos
