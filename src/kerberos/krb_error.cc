#include "kerberos/krb_error.h"

#include "kerberos/parts.h"

namespace ferryman::kerberos {

using der::context;

Result<KrbError> parse_krb_error(Bytes message) {
  constexpr std::int32_t msg_type = 30;
  der::Status status;
  der::Reader reader(message, status);
  der::Reader outer = reader.enter(der::application(msg_type));
  reader.finish();
  der::Reader fields = outer.enter(der::sequence);
  outer.finish();

  KrbError error;
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type);
  if (fields.at(context(2))) fields.enter(context(2)).read_time();        // ctime
  if (fields.at(context(3))) fields.enter(context(3)).read_last_int32();  // cusec
  error.stime = fields.enter(context(4)).read_time();
  fields.enter(context(5)).read_last_int32();  // susec
  error.error_code = fields.enter(context(6)).read_last_int32();
  if (fields.at(context(7))) {
    der::Reader crealm = fields.enter(context(7));
    error.crealm = crealm.read_string(der::general_string);
  }
  if (fields.at(context(8))) {
    der::Reader cname = fields.enter(context(8));
    error.cname = read_principal_name(cname);
  }
  der::Reader realm = fields.enter(context(9));
  error.realm = realm.read_string(der::general_string);
  der::Reader sname = fields.enter(context(10));
  error.sname = read_principal_name(sname);
  // e-text may hold any octets; it is passed on and never shown.
  if (fields.at(context(11))) fields.enter(context(11)).read_last(der::general_string);
  if (fields.at(context(12))) error.e_data = fields.enter(context(12)).read_last(der::octet_string);
  fields.finish_extensible(12);
  if (!status.ok()) return tl::unexpected(status.error());
  return error;
}

}  // namespace ferryman::kerberos
