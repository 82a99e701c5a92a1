#include "kerberos/request.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "der/tag.h"
#include "kerberos/fast.h"
#include "kerberos/kpasswd.h"
#include "kerberos/names.h"

namespace ferryman::kerberos {
namespace {

bool is_armored(const KdcReq& req) {
  const auto fast = req.padata.find(padata::fx_fast);
  return fast && parse_fast_armored_req(fast->value).has_value();
}

constexpr std::uint64_t bits_of(std::span<const std::int32_t> types) {
  std::uint64_t bits = 0;
  for (const std::int32_t type : types) bits |= PadataList::bit(type);
  return bits;
}

}  // namespace

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

bool Request::may_carry_otp() const {
  constexpr std::int32_t types[] = {padata::fx_fast,           padata::otp_request,
                                    padata::sam_response,      padata::sam_response_2,
                                    padata::redhat_idp_oauth2, padata::redhat_passkey};
  constexpr std::uint64_t bits = bits_of(types);
  if (kind != RequestKind::as_req || !kdc_req->padata.may_have(bits)) return false;
  return std::any_of(std::begin(types), std::end(types),
                     [this](std::int32_t type) { return kdc_req->padata.has(type); });
}

bool Request::repeatable() const {
  return kind != RequestKind::kpasswd && !may_carry_otp();
}

Result<Request> parse_request(Bytes message) {
  Result<Request> result;
  Request& request = *result;
  request.bytes = message;
  // An AS-REQ of 0x6a.. octets could only look like kpasswd if its length octets were the version 0x0001 or
  // 0xff80, which no DER length of such a message is.
  if (looks_like_kpasswd(message)) {
    const auto kpasswd = parse_kpasswd_request(message);
    if (!kpasswd) return tl::unexpected(kpasswd.error());
    request.kind = RequestKind::kpasswd;
    request.kpasswd_version = kpasswd->version;
    return result;
  }
  if (message.empty()) return tl::unexpected(Error{Fault::truncated, 0});
  const bool as = message[0] == der::application(msg_type::as_req);
  if (!as && message[0] != der::application(msg_type::tgs_req))
    return tl::unexpected(Error{Fault::unknown_message, 0});
  const auto kdc_req = parse_kdc_req(message, as ? msg_type::as_req : msg_type::tgs_req);
  if (!kdc_req) return tl::unexpected(kdc_req.error());
  request.kind = as ? RequestKind::as_req : RequestKind::tgs_req;
  request.kdc_req = *kdc_req;
  request.fast = is_armored(*request.kdc_req);
  return result;
}

}  // namespace ferryman::kerberos
