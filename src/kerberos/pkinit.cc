#include "kerberos/pkinit.h"

#include "kerberos/fields.h"

namespace ferryman::kerberos {
namespace {

using der::context;

// [number] IMPLICIT OCTET STRING.
constexpr der::Tag implicit_octets(unsigned number) {
  return static_cast<der::Tag>(0x80 | number);
}

std::optional<Bytes> read_octets(der::Reader& fields, unsigned number) {
  if (!fields.at(context(number))) return std::nullopt;
  return fields.read_field(context(number), der::octet_string);
}

// The element inside, with its header.
Bytes read_whole_field(der::Reader& fields, unsigned number) {
  der::Reader field = fields.enter(context(number));
  const Bytes element = field.read_element();
  field.finish();
  return element;
}

void skip(der::Reader& fields, unsigned number) {
  if (fields.at(context(number))) fields.read(context(number));
}

// An AlgorithmIdentifier (RFC 5280 4.1.1.2), without its parameters.
Bytes read_algorithm(der::Reader fields) {
  const Bytes algorithm = fields.read(der::object_identifier);
  if (!fields.empty()) fields.read_element();
  fields.finish();
  return algorithm;
}

}  // namespace

void read(der::Reader& reader, Krb5PrincipalName& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.realm = read_filled_realm(fields, 0);
  read_field(fields, 1, out.name);
  fields.finish_extensible(1);
}

void write(der::Writer& writer, const Krb5PrincipalName& name) {
  const std::size_t mark = writer.size();
  write_field(writer, 1, name.name);
  write_realm(writer, 0, name.realm);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, PaPkAsReq& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.signed_auth_pack = fields.read(implicit_octets(0));
  skip(fields, 1);
  if (fields.at(implicit_octets(2))) fields.read(implicit_octets(2));
  fields.finish_extensible(2);
}

void write(der::Writer& writer, const PaPkAsReq& req) {
  const std::size_t mark = writer.size();
  writer.primitive(implicit_octets(0), req.signed_auth_pack);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, PaChecksum2& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.checksum = fields.read_field(context(0), der::octet_string);
  out.algorithm = read_algorithm(fields.enter_field(context(1), der::sequence));
  fields.finish_extensible(1);
}

void write(der::Writer& writer, const PaChecksum2& checksum) {
  const std::size_t mark = writer.size();
  writer.primitive(der::object_identifier, checksum.algorithm);
  writer.close(der::sequence, mark);
  writer.close(context(1), mark);
  writer.field(context(0), der::octet_string, checksum.checksum);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, PkAuthenticator& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.cusec = read_microseconds(fields, 0);
  out.ctime = read_time(fields, 1);
  out.nonce = fields.read_uint32_field(context(2));
  out.checksum = read_octets(fields, 3);
  out.freshness = read_octets(fields, 4);
  read_optional_field(fields, 5, out.checksum2);
  fields.finish_extensible(5);
}

void write(der::Writer& writer, const PkAuthenticator& authenticator) {
  const std::size_t mark = writer.size();
  write_optional_field(writer, 5, authenticator.checksum2);
  if (authenticator.freshness) writer.field(context(4), der::octet_string, *authenticator.freshness);
  if (authenticator.checksum) writer.field(context(3), der::octet_string, *authenticator.checksum);
  writer.integer_field(context(2), authenticator.nonce);
  write_time(writer, 1, authenticator.ctime);
  writer.integer_field(context(0), authenticator.cusec);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, KdfAlgorithm& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.id = fields.read_field(context(0), der::object_identifier);
  fields.finish_extensible(0);
}

void write(der::Writer& writer, const KdfAlgorithm& algorithm) {
  const std::size_t mark = writer.size();
  writer.field(context(0), der::object_identifier, algorithm.id);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, AuthPack& out) {
  der::Reader fields = reader.enter(der::sequence);
  read_field(fields, 0, out.authenticator);
  if (fields.at(context(1))) out.client_public_value = read_whole_field(fields, 1);
  skip(fields, 2);
  out.client_nonce = read_optional_octets(fields, 3);
  read_optional_field(fields, 4, out.kdfs);
  fields.finish_extensible(4);
}

void write(der::Writer& writer, const AuthPack& pack) {
  const std::size_t mark = writer.size();
  write_optional_field(writer, 4, pack.kdfs);
  write_optional_octets(writer, 3, pack.client_nonce);
  if (!pack.client_public_value.empty()) {
    const std::size_t before = writer.size();
    writer.bytes(pack.client_public_value);
    writer.close(context(1), before);
  }
  write_field(writer, 0, pack.authenticator);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, KdcDhKeyInfo& out) {
  der::Reader fields = reader.enter(der::sequence);
  const Bytes bits = fields.read_field(context(0), der::bit_string);
  if (bits.empty() || bits.front() != 0) {
    fields.fail(Fault::wrong_value);  // whole octets, without unused bits
  } else {
    out.public_key = bits.subspan(1);
  }
  out.nonce = fields.read_uint32_field(context(1));
  skip(fields, 2);
  fields.finish_extensible(2);
}

void write(der::Writer& writer, const KdcDhKeyInfo& info) {
  const std::size_t mark = writer.size();
  writer.integer_field(context(1), info.nonce);
  const std::size_t key = writer.size();
  constexpr std::uint8_t no_unused_bits = 0;
  writer.bytes(info.public_key);
  writer.bytes({&no_unused_bits, 1});
  writer.close(der::bit_string, key);
  writer.close(context(0), key);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, PaPkAsRep& out) {
  der::Reader fields = reader.enter_field(context(0), der::sequence);
  out.signed_key_info = fields.read(implicit_octets(0));
  skip(fields, 1);
  read_optional_field(fields, 2, out.kdf);
  fields.finish_extensible(2);
}

void write(der::Writer& writer, const PaPkAsRep& rep) {
  const std::size_t mark = writer.size();
  write_optional_field(writer, 2, rep.kdf);
  writer.primitive(implicit_octets(0), rep.signed_key_info);
  writer.close(der::sequence, mark);
  writer.close(context(0), mark);
}

}  // namespace ferryman::kerberos
