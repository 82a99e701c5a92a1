#include "kerberos/whole_kdc_req.h"

#include "kerberos/fields.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, KdcReqBody& out) {
  const Bytes before = reader.rest();
  der::Reader fields = reader.enter(der::sequence);
  out.octets = before.first(before.size() - reader.rest().size());
  out.kdc_options = fields.read_flags_field(context(0));
  read_optional_field(fields, 1, out.cname);
  out.realm = read_filled_realm(fields, 2);
  read_optional_field(fields, 3, out.sname);
  out.from = read_optional_time(fields, 4);
  out.till = read_optional_time(fields, 5);
  out.rtime = read_optional_time(fields, 6);
  out.nonce = fields.read_signed_or_unsigned32_field(context(7));
  read_etypes(fields.enter_field(context(8), der::sequence), out.etypes);
  read_optional_field(fields, 9, out.addresses);
  read_optional_field(fields, 10, out.enc_authorization_data);
  read_optional_field(fields, 11, out.additional_tickets);
  fields.finish_extensible(11);
}

void write(der::Writer& writer, const KdcReqBody& body) {
  const std::size_t mark = writer.size();
  write_optional_field(writer, 11, body.additional_tickets);
  write_optional_field(writer, 10, body.enc_authorization_data);
  write_optional_field(writer, 9, body.addresses);
  writer.field(context(8), der::sequence, body.etypes.octets());
  writer.integer_field(context(7), body.nonce);
  write_optional_time(writer, 6, body.rtime);
  write_optional_time(writer, 5, body.till);
  write_optional_time(writer, 4, body.from);
  write_optional_field(writer, 3, body.sname);
  write_realm(writer, 2, body.realm);
  write_optional_field(writer, 1, body.cname);
  writer.flags_field(context(0), body.kdc_options);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, WholeKdcReq& out) {
  const bool tgs = reader.at(der::application(msg_type::tgs_req));
  out.msg_type = tgs ? msg_type::tgs_req : msg_type::as_req;
  der::Reader fields =
      reader.enter_field(der::application(static_cast<unsigned>(out.msg_type)), der::sequence);
  expect_constant(fields, 1, protocol_version);
  expect_constant(fields, 2, out.msg_type);
  read_optional_field(fields, 3, out.padata);
  read_field(fields, 4, out.body);
  fields.finish_extensible(4);
}

void write(der::Writer& writer, const WholeKdcReq& req) {
  const std::size_t mark = writer.size();
  write_field(writer, 4, req.body);
  write_optional_field(writer, 3, req.padata);
  writer.integer_field(context(2), req.msg_type);
  writer.integer_field(context(1), protocol_version);
  writer.close(der::sequence, mark);
  writer.close(der::application(static_cast<unsigned>(req.msg_type)), mark);
}

}  // namespace ferryman::kerberos
