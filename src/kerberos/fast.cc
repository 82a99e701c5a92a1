#include "kerberos/fast.h"

#include "kerberos/fields.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, FastArmoredReq& out) {
  der::Reader fields = reader.enter_field(context(0), der::sequence);
  if (fields.at(context(0))) {
    der::Reader armor = fields.enter_field(context(0), der::sequence);
    out.armor_type = armor.read_int32_field(context(0));
    out.armor_value = armor.read_field(context(1), der::octet_string);
    armor.finish_extensible(1);
  }
  der::Reader checksum = fields.enter_field(context(1), der::sequence);
  out.req_checksum.type = checksum.read_int32_field(context(0));
  out.req_checksum.value = checksum.read_field(context(1), der::octet_string);
  checksum.finish_extensible(1);
  out.enc_fast_req = read_encrypted_data_field(fields, 2);
  fields.finish_extensible(2);
}

Result<FastArmoredReq> parse_fast_armored_req(Bytes padata_value) {
  return parse<FastArmoredReq>(padata_value);
}

void write(der::Writer& writer, const FastArmoredReq& req) {
  const std::size_t mark = writer.size();
  write_field(writer, 2, req.enc_fast_req);
  write_field(writer, 1, req.req_checksum);
  if (req.armor_type) {
    const std::size_t armor = writer.size();
    writer.field(context(1), der::octet_string, req.armor_value);
    writer.integer_field(context(0), *req.armor_type);
    writer.close(der::sequence, armor);
    writer.close(context(0), armor);
  }
  writer.close(der::sequence, mark);
  writer.close(context(0), mark);
}

void read(der::Reader& reader, FastReq& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.fast_options = fields.read_flags_field(context(0));
  read_field(fields, 1, out.padata);
  read_field(fields, 2, out.body);
  fields.finish_extensible(2);
}

void write(der::Writer& writer, const FastReq& req) {
  const std::size_t mark = writer.size();
  write_field(writer, 2, req.body);
  write_field(writer, 1, req.padata);
  writer.flags_field(context(0), req.fast_options);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, FastArmoredRep& out) {
  der::Reader fields = reader.enter_field(context(0), der::sequence);
  read_field(fields, 0, out.enc_fast_rep);
  fields.finish_extensible(0);
}

void write(der::Writer& writer, const FastArmoredRep& rep) {
  const std::size_t mark = writer.size();
  write_field(writer, 0, rep.enc_fast_rep);
  writer.close(der::sequence, mark);
  writer.close(context(0), mark);
}

void read(der::Reader& reader, FastFinished& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.timestamp = read_time(fields, 0);
  out.usec = read_microseconds(fields, 1);
  out.crealm = read_filled_realm(fields, 2);
  read_field(fields, 3, out.cname);
  read_field(fields, 4, out.ticket_checksum);
  fields.finish_extensible(4);
}

void write(der::Writer& writer, const FastFinished& finished) {
  const std::size_t mark = writer.size();
  write_field(writer, 4, finished.ticket_checksum);
  write_field(writer, 3, finished.cname);
  write_realm(writer, 2, finished.crealm);
  writer.integer_field(context(1), finished.usec);
  write_time(writer, 0, finished.timestamp);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, FastResponse& out) {
  der::Reader fields = reader.enter(der::sequence);
  read_field(fields, 0, out.padata);
  read_optional_field(fields, 1, out.strengthen_key);
  read_optional_field(fields, 2, out.finished);
  out.nonce = fields.read_signed_or_unsigned32_field(context(3));
  fields.finish_extensible(3);
}

void write(der::Writer& writer, const FastResponse& response) {
  const std::size_t mark = writer.size();
  writer.integer_field(context(3), response.nonce);
  write_optional_field(writer, 2, response.finished);
  write_optional_field(writer, 1, response.strengthen_key);
  write_field(writer, 0, response.padata);
  writer.close(der::sequence, mark);
}

}  // namespace ferryman::kerberos
