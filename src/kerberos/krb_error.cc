#include "kerberos/krb_error.h"

#include "kerberos/fields.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, KrbError& out) {
  der::Reader fields = reader.enter_field(der::application(msg_type::krb_error), der::sequence);
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type::krb_error);
  if (fields.at(context(2))) out.ctime = fields.read_time_field(context(2));
  if (fields.at(context(3))) out.cusec = fields.read_int32_field(context(3));
  out.stime = fields.read_time_field(context(4));
  out.susec = fields.read_int32_field(context(5));
  out.error_code = fields.read_int32_field(context(6));
  if (fields.at(context(7))) out.crealm = fields.read_string_field(context(7), der::general_string);
  if (fields.at(context(8))) out.cname = read_name_field(fields, 8);
  // Some KDCs leave it empty.
  out.realm = fields.read_string_field(context(9), der::general_string);
  out.sname = read_name_field(fields, 10);
  if (fields.at(context(11))) out.e_text = fields.read_field(context(11), der::general_string);
  if (fields.at(context(12))) out.e_data = fields.read_field(context(12), der::octet_string);
  fields.finish_extensible(12);
}

Result<KrbError> parse_krb_error(Bytes message) {
  der::Status status;
  der::Reader reader(message, status);
  Result<KrbError> error;
  read(reader, *error);
  reader.finish();
  if (!status.ok()) return tl::unexpected(status.error());
  return error;
}

void write(der::Writer& writer, const KrbError& error) {
  const std::size_t mark = writer.size();
  write_optional_octets(writer, 12, error.e_data);
  if (!error.e_text.empty()) writer.field(context(11), der::general_string, error.e_text);
  write_field(writer, 10, error.sname);
  write_realm(writer, 9, error.realm);
  write_optional_field(writer, 8, error.cname);
  if (error.crealm) write_realm(writer, 7, *error.crealm);
  writer.integer_field(context(6), error.error_code);
  writer.integer_field(context(5), error.susec);
  writer.string_field(context(4), der::generalized_time, error.stime);
  write_optional_integer(writer, 3, error.cusec);
  if (error.ctime) writer.string_field(context(2), der::generalized_time, *error.ctime);
  writer.integer_field(context(1), msg_type::krb_error);
  writer.integer_field(context(0), protocol_version);
  writer.close(der::sequence, mark);
  writer.close(der::application(msg_type::krb_error), mark);
}

}  // namespace ferryman::kerberos
