#include "kerberos/padata.h"

#include "kerberos/limits.h"

namespace ferryman::kerberos {

using der::context;

namespace {

void read_content(der::Reader elements, PadataList& out) {
  const Bytes all = elements.rest();
  std::uint64_t types = 0;
  for (std::size_t count = 0; !elements.empty(); ++count) {
    if (count == limits::max_padata) return elements.fail(Fault::too_many);
    Padata element;
    read(elements, element);
    types |= PadataList::bit(element.type);
  }
  out = PadataList(all, types);
}

}  // namespace

bool PadataList::next(Padata& out) {
  der::Status status;
  der::Reader elements(elements_, status);
  if (elements.empty()) return false;
  der::Reader fields = elements.enter(der::sequence);
  out.type = fields.read_int32_field(context(1));
  out.value = fields.read_field(context(2), der::octet_string);
  elements_ = elements.rest();
  return status.ok();
}

std::optional<Padata> PadataList::find(std::int32_t type) const {
  if (!may_have(bit(type))) return std::nullopt;
  PadataList rest = *this;
  for (Padata padata; rest.next(padata);) {
    if (padata.type == type) return padata;
  }
  return std::nullopt;
}

void read(der::Reader& reader, Padata& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.type = fields.read_int32_field(context(1));
  out.value = fields.read_field(context(2), der::octet_string);
  fields.finish_extensible(2);
}

void write(der::Writer& writer, const Padata& padata) {
  const std::size_t mark = writer.size();
  writer.field(context(2), der::octet_string, padata.value);
  writer.integer_field(context(1), padata.type);
  writer.close(der::sequence, mark);
}

void read(der::Reader& reader, PadataList& out) {
  read_content(reader.enter(der::sequence), out);
}

void write(der::Writer& writer, const PadataList& list) {
  writer.primitive(der::sequence, list.octets());
}

void read_optional_field(der::Reader& fields, unsigned number, PadataList& out) {
  if (fields.at(context(number))) read_content(fields.enter_field(context(number), der::sequence), out);
}

void write_optional_field(der::Writer& writer, unsigned number, const PadataList& list) {
  if (!list.empty()) writer.field(context(number), der::sequence, list.octets());
}

}  // namespace ferryman::kerberos
