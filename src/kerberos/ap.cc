#include "kerberos/ap.h"

#include "kerberos/fields.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, ApReq& out) {
  der::Reader fields = reader.enter_field(der::application(msg_type::ap_req), der::sequence);
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type::ap_req);
  out.ap_options = fields.read_flags_field(context(2));
  read_field(fields, 3, out.ticket);
  read_field(fields, 4, out.authenticator);
  fields.finish_extensible(4);
}

void write(der::Writer& writer, const ApReq& req) {
  const std::size_t mark = writer.size();
  write_field(writer, 4, req.authenticator);
  write_field(writer, 3, req.ticket);
  writer.flags_field(context(2), req.ap_options);
  writer.integer_field(context(1), msg_type::ap_req);
  writer.integer_field(context(0), protocol_version);
  writer.close(der::sequence, mark);
  writer.close(der::application(msg_type::ap_req), mark);
}

void read(der::Reader& reader, Authenticator& out) {
  der::Reader fields = reader.enter_field(der::application(application_tag::authenticator), der::sequence);
  expect_constant(fields, 0, protocol_version);
  out.crealm = read_filled_realm(fields, 1);
  read_field(fields, 2, out.cname);
  read_optional_field(fields, 3, out.checksum);
  out.cusec = read_microseconds(fields, 4);
  out.ctime = read_time(fields, 5);
  read_optional_field(fields, 6, out.subkey);
  out.seq_number = read_optional_uint32(fields, 7);
  read_optional_field(fields, 8, out.authorization_data);
  fields.finish_extensible(8);
}

void write(der::Writer& writer, const Authenticator& authenticator) {
  const std::size_t mark = writer.size();
  write_optional_field(writer, 8, authenticator.authorization_data);
  write_optional_integer(writer, 7, authenticator.seq_number);
  write_optional_field(writer, 6, authenticator.subkey);
  write_time(writer, 5, authenticator.ctime);
  writer.integer_field(context(4), authenticator.cusec);
  write_optional_field(writer, 3, authenticator.checksum);
  write_field(writer, 2, authenticator.cname);
  write_realm(writer, 1, authenticator.crealm);
  writer.integer_field(context(0), protocol_version);
  writer.close(der::sequence, mark);
  writer.close(der::application(application_tag::authenticator), mark);
}

void read(der::Reader& reader, ApRep& out) {
  der::Reader fields = reader.enter_field(der::application(msg_type::ap_rep), der::sequence);
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type::ap_rep);
  out.enc_part = read_encrypted_data_field(fields, 2);
  fields.finish_extensible(2);
}

void write(der::Writer& writer, const ApRep& rep) {
  const std::size_t mark = writer.size();
  write_field(writer, 2, rep.enc_part);
  writer.integer_field(context(1), msg_type::ap_rep);
  writer.integer_field(context(0), protocol_version);
  writer.close(der::sequence, mark);
  writer.close(der::application(msg_type::ap_rep), mark);
}

void read(der::Reader& reader, EncApRepPart& out) {
  der::Reader fields = reader.enter_field(der::application(application_tag::enc_ap_rep_part), der::sequence);
  out.ctime = read_time(fields, 0);
  out.cusec = read_microseconds(fields, 1);
  read_optional_field(fields, 2, out.subkey);
  out.seq_number = read_optional_uint32(fields, 3);
  fields.finish_extensible(3);
}

void write(der::Writer& writer, const EncApRepPart& part) {
  const std::size_t mark = writer.size();
  write_optional_integer(writer, 3, part.seq_number);
  write_optional_field(writer, 2, part.subkey);
  writer.integer_field(context(1), part.cusec);
  write_time(writer, 0, part.ctime);
  writer.close(der::sequence, mark);
  writer.close(der::application(application_tag::enc_ap_rep_part), mark);
}

}  // namespace ferryman::kerberos
