#include "kerberos/kdc_req.h"

#include "kerberos/limits.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {
namespace {

using der::context;

void read_body(der::Reader& body, KdcReq& req) {
  req.kdc_options = body.read_flags_field(context(0));
  if (body.at(context(1))) req.cname = read_name_field(body, 1);
  req.realm = read_realm_field(body, 2);
  if (body.at(context(3))) req.sname = read_name_field(body, 3);
  // from, till, rtime. RFC 4120 requires till; Heimdal's definition does not.
  for (unsigned number = 4; number <= 6; ++number) {
    if (body.at(context(number))) body.read_time_field(context(number));
  }
  req.nonce = body.read_uint32_field(context(7));
  der::Reader etypes = body.enter_field(context(8), der::sequence);
  req.etypes = EtypeList(etypes.rest());
  while (!etypes.empty()) etypes.read_int32();
  // addresses, enc-authorization-data, additional-tickets and whatever may follow are the KDC's to judge.
  body.finish_extensible(8);
}

}  // namespace

bool EtypeList::next(std::int32_t& out) {
  der::Status status;
  der::Reader elements(elements_, status);
  if (elements.empty()) return false;
  out = elements.read_int32();
  elements_ = elements.rest();
  return status.ok();
}

void read_etypes(der::Reader etypes, EtypeList& out) {
  out = EtypeList(etypes.rest());
  for (std::size_t count = 0; !etypes.empty(); ++count) {
    if (count == limits::max_etypes) return etypes.fail(Fault::too_many);
    etypes.read_int32();
  }
}

Result<KdcReq> parse_kdc_req(Bytes message, std::int32_t msg_type) {
  der::Status status;
  der::Reader reader(message, status);
  der::Reader fields = reader.enter_field(der::application(static_cast<unsigned>(msg_type)), der::sequence);
  reader.finish();

  KdcReq req;
  expect_constant(fields, 1, protocol_version);
  expect_constant(fields, 2, msg_type);
  if (fields.at(context(3))) req.padata = read_padata_field(fields, 3);
  der::Reader body = fields.enter_field(context(4), der::sequence);
  read_body(body, req);
  fields.finish_extensible(4);
  if (!status.ok()) return tl::unexpected(status.error());
  return req;
}

}  // namespace ferryman::kerberos
