#include "kerberos/codec_fuzz.h"
#include "kerberos/whole_kdc_req.h"

namespace {

using namespace ferryman::kerberos;

void visit(const KdcReqBody& body) {
  walk(body.etypes, limits::max_etypes);
  walk(body.addresses, limits::max_addresses);
  walk(body.additional_tickets, limits::max_additional_tickets);
  if (body.realm.empty() || body.realm.size() > limits::max_realm) std::abort();
  for (const auto& name : {body.cname, body.sname}) {
    if (name && name->size() > limits::max_name_components) std::abort();
  }
}

}  // namespace

// A KDC takes no request that a proxy would not, and reads the same in it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ferryman::Bytes input(data, size);
  round_trip<KdcReqBody>(input, visit);
  round_trip<WholeKdcReq>(input, [input](const WholeKdcReq& req) {
    visit(req.body);
    walk(req.padata, limits::max_padata);
    const auto seen = parse_kdc_req(input, req.msg_type);
    if (!seen || seen->realm != req.body.realm || seen->kdc_options != req.body.kdc_options) std::abort();
    if (seen->nonce != static_cast<std::uint32_t>(req.body.nonce)) std::abort();
    if (seen->padata.octets().data() != req.padata.octets().data()) std::abort();
    if (!parse<KdcReqBody>(req.body.octets)) std::abort();
  });
  return 0;
}
