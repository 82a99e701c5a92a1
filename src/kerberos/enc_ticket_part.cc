#include "kerberos/enc_ticket_part.h"

#include "kerberos/fields.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, TransitedEncoding& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.type = fields.read_int32_field(context(0));
  out.contents = fields.read_field(context(1), der::octet_string);
  fields.finish_extensible(1);
}

void write(der::Writer& writer, const TransitedEncoding& transited) {
  const std::size_t mark = writer.size();
  writer.field(context(1), der::octet_string, transited.contents);
  writer.integer_field(context(0), transited.type);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, EncTicketPart& out) {
  der::Reader fields = reader.enter_field(der::application(application_tag::enc_ticket_part), der::sequence);
  out.flags = fields.read_flags_field(context(0));
  read_field(fields, 1, out.key);
  out.crealm = read_filled_realm(fields, 2);
  read_field(fields, 3, out.cname);
  read_field(fields, 4, out.transited);
  out.authtime = read_time(fields, 5);
  out.starttime = read_optional_time(fields, 6);
  out.endtime = read_time(fields, 7);
  out.renew_till = read_optional_time(fields, 8);
  read_optional_field(fields, 9, out.caddr);
  read_optional_field(fields, 10, out.authorization_data);
  fields.finish_extensible(10);
}

void write(der::Writer& writer, const EncTicketPart& part) {
  const std::size_t mark = writer.size();
  write_optional_field(writer, 10, part.authorization_data);
  write_optional_field(writer, 9, part.caddr);
  write_optional_time(writer, 8, part.renew_till);
  write_time(writer, 7, part.endtime);
  write_optional_time(writer, 6, part.starttime);
  write_time(writer, 5, part.authtime);
  write_field(writer, 4, part.transited);
  write_field(writer, 3, part.cname);
  write_realm(writer, 2, part.crealm);
  write_field(writer, 1, part.key);
  writer.flags_field(context(0), part.flags);
  writer.close(der::sequence, mark);
  writer.close(der::application(application_tag::enc_ticket_part), mark);
}

}  // namespace ferryman::kerberos
