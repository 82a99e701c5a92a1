#include "kerberos/kile_padata.h"

#include "kerberos/fields.h"
#include "kerberos/little_endian.h"

namespace ferryman::kerberos {

using der::context;

void read(der::Reader& reader, PacRequest& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.include_pac = fields.read_boolean_field(context(0));
  fields.finish_extensible(0);
}

void write(der::Writer& writer, const PacRequest& request) {
  const std::size_t mark = writer.size();
  writer.boolean_field(context(0), request.include_pac);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, PacOptions& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.flags = fields.read_flags_field(context(0));
  fields.finish_extensible(0);
}

void write(der::Writer& writer, const PacOptions& options) {
  const std::size_t mark = writer.size();
  writer.flags_field(context(0), options.flags);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, KeyListReq& out) {
  der::Reader etypes = reader.enter(der::sequence);
  read_etypes(etypes, out.etypes);
}

void write(der::Writer& writer, const KeyListReq& req) {
  writer.primitive(der::sequence, req.etypes.octets());
}

void write(der::Writer& writer, const WrittenKeyList& list) {
  const std::size_t mark = writer.size();
  for (auto key = list.keys.rbegin(); key != list.keys.rend(); ++key) write(writer, *key);
  writer.close(der::sequence, mark);
}

std::optional<std::uint32_t> parse_supported_enctypes(Bytes value) {
  if (value.size() != 4) return std::nullopt;
  return little_endian32(value.first<4>());
}

std::array<std::uint8_t, 4> supported_enctypes_octets(std::uint32_t bits) {
  std::array<std::uint8_t, 4> octets{};
  put_little_endian32(octets, bits);
  return octets;
}

}  // namespace ferryman::kerberos
