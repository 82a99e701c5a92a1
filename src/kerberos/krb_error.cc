#include "kerberos/krb_error.h"

#include "kerberos/parts.h"

namespace ferryman::kerberos {

using der::context;

Result<KrbError> parse_krb_error(Bytes message) {
  der::Status status;
  der::Reader reader(message, status);
  der::Reader fields = reader.enter_field(der::application(msg_type::krb_error), der::sequence);
  reader.finish();

  KrbError error;
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type::krb_error);
  if (fields.at(context(2))) fields.read_time_field(context(2));   // ctime
  if (fields.at(context(3))) fields.read_int32_field(context(3));  // cusec
  error.stime = fields.read_time_field(context(4));
  fields.read_int32_field(context(5));  // susec
  error.error_code = fields.read_int32_field(context(6));
  if (fields.at(context(7))) error.crealm = fields.read_string_field(context(7), der::general_string);
  if (fields.at(context(8))) error.cname = read_name_field(fields, 8);
  // Some KDCs leave it empty.
  error.realm = fields.read_string_field(context(9), der::general_string);
  error.sname = read_name_field(fields, 10);
  // e-text may hold any octets; it is passed on and never shown.
  if (fields.at(context(11))) fields.read_field(context(11), der::general_string);
  if (fields.at(context(12))) error.e_data = fields.read_field(context(12), der::octet_string);
  fields.finish_extensible(12);
  if (!status.ok()) return tl::unexpected(status.error());
  return error;
}

}  // namespace ferryman::kerberos
