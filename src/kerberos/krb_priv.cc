#include "kerberos/krb_priv.h"

#include "kerberos/fields.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, KrbPriv& out) {
  der::Reader fields = reader.enter_field(der::application(msg_type::krb_priv), der::sequence);
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type::krb_priv);
  out.enc_part = read_encrypted_data_field(fields, 3);
  fields.finish_extensible(3);
}

void write(der::Writer& writer, const KrbPriv& priv) {
  const std::size_t mark = writer.size();
  write_field(writer, 3, priv.enc_part);
  writer.integer_field(context(1), msg_type::krb_priv);
  writer.integer_field(context(0), protocol_version);
  writer.close(der::sequence, mark);
  writer.close(der::application(msg_type::krb_priv), mark);
}

void read(der::Reader& reader, EncKrbPrivPart& out) {
  der::Reader fields =
      reader.enter_field(der::application(application_tag::enc_krb_priv_part), der::sequence);
  out.user_data = fields.read_field(context(0), der::octet_string);
  out.timestamp = read_optional_time(fields, 1);
  if (fields.at(context(2))) out.usec = read_microseconds(fields, 2);
  out.seq_number = read_optional_uint32(fields, 3);
  read_field(fields, 4, out.s_address);
  read_optional_field(fields, 5, out.r_address);
  fields.finish_extensible(5);
}

void write(der::Writer& writer, const EncKrbPrivPart& part) {
  const std::size_t mark = writer.size();
  write_optional_field(writer, 5, part.r_address);
  write_field(writer, 4, part.s_address);
  write_optional_integer(writer, 3, part.seq_number);
  write_optional_integer(writer, 2, part.usec);
  write_optional_time(writer, 1, part.timestamp);
  writer.field(context(0), der::octet_string, part.user_data);
  writer.close(der::sequence, mark);
  writer.close(der::application(application_tag::enc_krb_priv_part), mark);
}

}  // namespace ferryman::kerberos
