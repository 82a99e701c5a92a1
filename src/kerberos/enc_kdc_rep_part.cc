#include "kerberos/enc_kdc_rep_part.h"

#include "kerberos/fields.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, LastReqEntry& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.type = fields.read_int32_field(context(0));
  out.time = read_time(fields, 1);
  fields.finish_extensible(1);
}

void write(der::Writer& writer, const LastReqEntry& entry) {
  const std::size_t mark = writer.size();
  write_time(writer, 1, entry.time);
  writer.integer_field(context(0), entry.type);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, EncKdcRepPart& out) {
  const bool tgs = reader.at(der::application(application_tag::enc_tgs_rep_part));
  out.tag = tgs ? application_tag::enc_tgs_rep_part : application_tag::enc_as_rep_part;
  der::Reader fields = reader.enter_field(der::application(out.tag), der::sequence);
  read_field(fields, 0, out.key);
  read_field(fields, 1, out.last_req);
  out.nonce = fields.read_signed_or_unsigned32_field(context(2));
  out.key_expiration = read_optional_time(fields, 3);
  out.flags = fields.read_flags_field(context(4));
  out.authtime = read_time(fields, 5);
  out.starttime = read_optional_time(fields, 6);
  out.endtime = read_time(fields, 7);
  out.renew_till = read_optional_time(fields, 8);
  out.srealm = read_filled_realm(fields, 9);
  read_field(fields, 10, out.sname);
  read_optional_field(fields, 11, out.caddr);
  read_optional_field(fields, 12, out.encrypted_pa_data);
  fields.finish_extensible(12);
}

void write(der::Writer& writer, const EncKdcRepPart& part) {
  const std::size_t mark = writer.size();
  write_optional_field(writer, 12, part.encrypted_pa_data);
  write_optional_field(writer, 11, part.caddr);
  write_field(writer, 10, part.sname);
  write_realm(writer, 9, part.srealm);
  write_optional_time(writer, 8, part.renew_till);
  write_time(writer, 7, part.endtime);
  write_optional_time(writer, 6, part.starttime);
  write_time(writer, 5, part.authtime);
  writer.flags_field(context(4), part.flags);
  write_optional_time(writer, 3, part.key_expiration);
  writer.integer_field(context(2), part.nonce);
  write_field(writer, 1, part.last_req);
  write_field(writer, 0, part.key);
  writer.close(der::sequence, mark);
  writer.close(der::application(part.tag), mark);
}

}  // namespace ferryman::kerberos
