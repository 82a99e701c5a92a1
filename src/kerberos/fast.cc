#include "kerberos/fast.h"

namespace ferryman::kerberos {

using der::context;

Result<FastArmoredReq> parse_fast_armored_req(Bytes padata_value) {
  der::Status status;
  der::Reader reader(padata_value, status);
  der::Reader choice = reader.enter(context(0));  // armored-data, the only alternative there is
  reader.finish();
  der::Reader fields = choice.enter(der::sequence);
  choice.finish();

  FastArmoredReq req;
  if (fields.at(context(0))) {
    der::Reader field = fields.enter(context(0));
    der::Reader armor = field.enter(der::sequence);
    field.finish();
    req.armor_type = armor.enter(context(0)).read_last_int32();
    req.armor_value = armor.enter(context(1)).read_last(der::octet_string);
    armor.finish_extensible(1);
  }
  der::Reader field = fields.enter(context(1));
  der::Reader checksum = field.enter(der::sequence);
  field.finish();
  checksum.enter(context(0)).read_last_int32();
  checksum.enter(context(1)).read_last(der::octet_string);
  checksum.finish_extensible(1);
  der::Reader enc = fields.enter(context(2));
  req.enc_fast_req = read_encrypted_data(enc);
  enc.finish();
  fields.finish_extensible(2);
  if (!status.ok()) return tl::unexpected(status.error());
  return req;
}

}  // namespace ferryman::kerberos
