#include "kdc/kdc.h"

#include "der/reader.h"
#include "kdc/as_exchange.h"
#include "kdc/kpasswd_exchange.h"
#include "kdc/reply.h"
#include "kdc/tgs_exchange.h"
#include "kerberos/codec.h"
#include "kerberos/kpasswd.h"
#include "kerberos/request.h"
#include "kerberos/whole_kdc_req.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;

// What is no KDC-REQ as kerberos/ reads it may still say what is wrong with it.
Refusal why_malformed(Bytes request) {
  der::Status status;
  der::Reader reader(request, status);
  const bool is_as = reader.at(der::application(kerberos::msg_type::as_req)),
             is_tgs = reader.at(der::application(kerberos::msg_type::tgs_req));
  if (is_as || is_tgs) {
    const std::int32_t type = is_as ? kerberos::msg_type::as_req : kerberos::msg_type::tgs_req;
    der::Reader fields = reader.enter_field(der::application(static_cast<unsigned>(type)), der::sequence);
    const auto version = fields.read_int32_field(der::context(1));
    if (status.ok() && version != kerberos::protocol_version)
      return {error_code::bad_pvno, "another version of the protocol", {}};
    const auto said = fields.read_int32_field(der::context(2));
    if (status.ok() && said != type) return {error_code::wrong_msg_type, "tag and msg-type disagree", {}};
  }
  return {error_code::generic, "not well formed", {}};
}

}  // namespace

bool takes_long(Bytes request) {
  if (kerberos::looks_like_kpasswd(request)) return true;
  if (request.empty() || request.front() != der::application(kerberos::msg_type::as_req)) return false;
  const auto as_req = kerberos::parse_request(request);
  return as_req && as_req->kdc_req && as_req->kdc_req->padata.has(kerberos::padata::pk_as_req);
}

Answer answer(Bytes octets, const Kdc& kdc, Now now) {
  if (kerberos::looks_like_kpasswd(octets)) return kpasswd_exchange(octets, kdc, now);
  const auto request = kerberos::parse<kerberos::WholeKdcReq>(octets);
  if (!request) {
    const Refusal refusal = why_malformed(octets);
    return answer_of(encode_refusal(kdc, refusal, nullptr, nullptr, now), nullptr, &refusal);
  }
  if (request->msg_type == kerberos::msg_type::as_req) return as_exchange(octets, *request, kdc, now);
  return tgs_exchange(*request, kdc, now);
}

}  // namespace ferryman::kdc
