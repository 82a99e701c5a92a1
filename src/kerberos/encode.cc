#include "kerberos/encode.h"

#include <random>

#include "kerberos/codec.h"
#include "kerberos/kpasswd.h"
#include "kerberos/krb_error.h"
#include "kerberos/limits.h"
#include "kerberos/time.h"
#include "kerberos/whole_kdc_req.h"

namespace ferryman::kerberos {

std::vector<std::uint8_t> make_as_req(std::string_view client, std::string_view realm,
                                      std::span<const std::int32_t> etypes, std::span<const Padata> padata) {
  if (realm.size() > limits::max_realm || client.size() > limits::max_name_component) return {};
  constexpr std::int64_t till = 2'136'422'885;  // 2037-09-13 02:48:05: as long as may be
  const Name cname(name_type::principal, {client}), sname(name_type::srv_inst, {"krbtgt", realm});
  Made<EtypeList> etype_list;
  for (const std::int32_t etype : etypes) etype_list.add(etype);
  Made<PadataList> padata_list;
  for (const Padata& element : padata) padata_list.add(element);
  WholeKdcReq req;
  req.padata = padata_list.list();
  req.body.cname = cname.view();
  req.body.realm = realm;
  req.body.sname = sname.view();
  req.body.till = till;
  req.body.nonce = std::random_device{}() & 0x7fffffffU;
  req.body.etypes = etype_list.list();
  return encode(req);
}

std::vector<std::uint8_t> make_encrypted_data(std::int32_t etype, Bytes cipher) {
  return encode(EncryptedData{etype, std::nullopt, cipher});
}

std::vector<std::uint8_t> make_krb_error(const KrbErrorFields& fields) {
  const auto time = format_time(fields.time);
  if (!time) return {};
  const Name sname(name_type::srv_inst, {fields.service, fields.instance});
  KrbError error;
  error.stime = {time->data(), time->size()};
  error.error_code = fields.error_code;
  error.realm = fields.realm;
  error.sname = fields.sname.value_or(sname.view());
  error.e_text = as_bytes(fields.text);
  error.e_data = fields.e_data;
  return encode(error);
}

std::vector<std::uint8_t> make_kpasswd_error(Bytes krb_error) {
  if (krb_error.empty()) return {};
  return encode(KpasswdFrame{kpasswd_version::change, {}, krb_error});
}

}  // namespace ferryman::kerberos
