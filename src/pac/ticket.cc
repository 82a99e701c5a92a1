#include "pac/ticket.h"

#include "der/reader.h"
#include "der/writer.h"

namespace ferryman::pac {
namespace {

constexpr unsigned max_depth = 16;  // it stands at 10

bool holds(Bytes outer, Bytes inner) {
  return inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size();
}

// Writes the elements, of which one holds the PAC, also at some depth and inside OCTET STRINGs.
Result<void> replace(der::Writer& writer, Bytes elements, Bytes pac, unsigned depth) {
  constexpr std::uint8_t zero[] = {0};
  if (depth == max_depth) return tl::unexpected(Error{Fault::too_deep});
  der::Status status, inside;
  der::Reader reader(elements, status);
  Bytes element;
  while (!reader.empty() && !holds(element, pac)) element = reader.read_element();
  if (!status.ok()) return tl::unexpected(status.error());
  if (!holds(element, pac)) return tl::unexpected(Error{Fault::missing_field});
  der::Reader content_reader(element, inside);
  const Bytes content = content_reader.read(element[0]);

  writer.bytes(reader.rest());
  const std::size_t mark = writer.size();
  if (content.data() == pac.data() && content.size() == pac.size()) {
    writer.bytes(zero);
  } else if (const auto replaced = replace(writer, content, pac, depth + 1); !replaced) {
    return replaced;
  }
  writer.close(element[0], mark);
  writer.bytes(elements.first(static_cast<std::size_t>(element.data() - elements.data())));
  return {};
}

}  // namespace

Result<Octets> ticket_to_sign(Bytes enc_ticket_part, Bytes pac) {
  if (pac.empty() || !holds(enc_ticket_part, pac)) return tl::unexpected(Error{Fault::missing_field});
  Octets buffer(enc_ticket_part.size());  // one octet is never longer than a PAC
  der::Writer writer(buffer);
  if (const auto replaced = replace(writer, enc_ticket_part, pac, 0); !replaced)
    return tl::unexpected(replaced.error());
  const auto written = writer.finish();
  if (!written) return tl::unexpected(written.error());
  return Octets(written->begin(), written->end());
}

}  // namespace ferryman::pac
