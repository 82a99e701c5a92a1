#include "kerberos/fast.h"

namespace ferryman::kerberos {

using der::context;

Result<FastArmoredReq> parse_fast_armored_req(Bytes padata_value) {
  der::Status status;
  der::Reader reader(padata_value, status);
  // armored-data is the only alternative there is.
  der::Reader fields = reader.enter_field(context(0), der::sequence);
  reader.finish();

  FastArmoredReq req;
  if (fields.at(context(0))) {
    der::Reader armor = fields.enter_field(context(0), der::sequence);
    req.armor_type = armor.read_int32_field(context(0));
    req.armor_value = armor.read_field(context(1), der::octet_string);
    armor.finish_extensible(1);
  }
  der::Reader checksum = fields.enter_field(context(1), der::sequence);
  checksum.read_int32_field(context(0));
  checksum.read_field(context(1), der::octet_string);
  checksum.finish_extensible(1);
  req.enc_fast_req = read_encrypted_data_field(fields, 2);
  fields.finish_extensible(2);
  if (!status.ok()) return tl::unexpected(status.error());
  return req;
}

}  // namespace ferryman::kerberos
