#include "kerberos/request.h"

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

// Padata of an AS-REQ that ask for something and prove nothing. Each has a bit of its own.
constexpr std::uint64_t only_asking =
    PadataList::bit(padata::pac_request) | PadataList::bit(padata::req_enc_pa_rep) |
    PadataList::bit(padata::as_freshness) | PadataList::bit(padata::supported_enctypes) |
    PadataList::bit(padata::pac_options) | PadataList::bit(padata::key_list_req);
static_assert((only_asking & PadataList::bit(0)) == 0);

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
  request.proof = as && request.kdc_req->padata.may_have(~only_asking);
  return result;
}

}  // namespace ferryman::kerberos
