#include "kerberos/s4u.h"

#include "kerberos/fields.h"
#include "kerberos/little_endian.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, PaForUser& out) {
  der::Reader fields = reader.enter(der::sequence);
  read_field(fields, 0, out.user_name);
  out.user_realm = read_realm(fields, 1);
  read_field(fields, 2, out.checksum);
  out.auth_package = fields.read_string_field(context(3), der::general_string);
  fields.finish_extensible(3);
}

void write(der::Writer& writer, const PaForUser& user) {
  const std::size_t mark = writer.size();
  writer.string_field(context(3), der::general_string, user.auth_package);
  write_field(writer, 2, user.checksum);
  write_realm(writer, 1, user.user_realm);
  write_field(writer, 0, user.user_name);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, S4uUserId& out) {
  const Bytes before = reader.rest();
  der::Reader fields = reader.enter(der::sequence);
  out.octets = before.first(before.size() - reader.rest().size());
  out.nonce = fields.read_signed_or_unsigned32_field(context(0));
  read_optional_field(fields, 1, out.cname);
  out.crealm = read_realm(fields, 2);
  out.subject_certificate = read_optional_octets(fields, 3);
  if (fields.at(context(4))) out.options = fields.read_flags_field(context(4));
  fields.finish_extensible(4);
}

void write(der::Writer& writer, const S4uUserId& id) {
  const std::size_t mark = writer.size();
  if (id.options) writer.flags_field(context(4), *id.options);
  write_optional_octets(writer, 3, id.subject_certificate);
  write_realm(writer, 2, id.crealm);
  write_optional_field(writer, 1, id.cname);
  writer.integer_field(context(0), id.nonce);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, PaS4uX509User& out) {
  der::Reader fields = reader.enter(der::sequence);
  read_field(fields, 0, out.user_id);
  read_field(fields, 1, out.checksum);
  fields.finish_extensible(1);
}

void write(der::Writer& writer, const PaS4uX509User& user) {
  const std::size_t mark = writer.size();
  write_field(writer, 1, user.checksum);
  write_field(writer, 0, user.user_id);
  writer.close(der::sequence, mark);
}

std::vector<std::uint8_t> checksummed_octets(const PaForUser& user) {
  std::vector<std::uint8_t> octets(4);
  put_little_endian32(std::span(octets).first<4>(), static_cast<std::uint32_t>(user.user_name.name_type));
  const auto append = [&octets](std::string_view text) {
    octets.insert(octets.end(), text.begin(), text.end());
  };
  const std::size_t components = user.user_name.size();
  for (std::size_t i = 0; i < components; ++i) append(user.user_name.component(i));
  append(user.user_realm);
  append(user.auth_package);
  return octets;
}

}  // namespace ferryman::kerberos
