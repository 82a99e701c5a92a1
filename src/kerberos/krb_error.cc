#include "kerberos/krb_error.h"

#include "kerberos/parts.h"

namespace ferryman::kerberos {

using der::context;

namespace {

std::string_view read_only_time(der::Reader& fields, unsigned number) {
  der::Reader field = fields.enter(context(number));
  const std::string_view time = field.read_time();
  field.finish();
  return time;
}

// A realm; some KDCs leave it empty.
std::string_view read_only_string(der::Reader& fields, unsigned number) {
  der::Reader field = fields.enter(context(number));
  const std::string_view text = field.read_string(der::general_string);
  field.finish();
  return text;
}

PrincipalName read_only_name(der::Reader& fields, unsigned number) {
  der::Reader field = fields.enter(context(number));
  const PrincipalName name = read_principal_name(field);
  field.finish();
  return name;
}

}  // namespace

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
  if (fields.at(context(2))) read_only_time(fields, 2);                   // ctime
  if (fields.at(context(3))) fields.enter(context(3)).read_last_int32();  // cusec
  error.stime = read_only_time(fields, 4);
  fields.enter(context(5)).read_last_int32();  // susec
  error.error_code = fields.enter(context(6)).read_last_int32();
  if (fields.at(context(7))) error.crealm = read_only_string(fields, 7);
  if (fields.at(context(8))) error.cname = read_only_name(fields, 8);
  error.realm = read_only_string(fields, 9);
  error.sname = read_only_name(fields, 10);
  // e-text may hold any octets; it is passed on and never shown.
  if (fields.at(context(11))) fields.enter(context(11)).read_last(der::general_string);
  if (fields.at(context(12))) error.e_data = fields.enter(context(12)).read_last(der::octet_string);
  fields.finish_extensible(12);
  if (!status.ok()) return tl::unexpected(status.error());
  return error;
}

}  // namespace ferryman::kerberos
