#include "kerberos/authorization_data.h"

#include <algorithm>

#include "kerberos/codec.h"

namespace ferryman::kerberos {

using der::context;

namespace {

struct Search {
  std::span<const std::int32_t> types;
  std::size_t elements = 0;

  Result<bool> in(AuthorizationData list, std::size_t depth) {
    if (depth > limits::max_authorization_data_depth) return tl::unexpected(Error{Fault::too_deep, 0});
    for (AuthorizationElement element; list.next(element);) {
      if (++elements > limits::max_authorization_data_total) return tl::unexpected(Error{Fault::too_many, 0});
      if (std::find(types.begin(), types.end(), element.type) != types.end()) return true;
      if (!is_container(element.type)) continue;
      const auto inside = open_container(element);
      if (!inside) return tl::unexpected(inside.error());
      const auto found = in(*inside, depth + 1);
      if (!found || *found) return found;
    }
    return false;
  }
};

}  // namespace

void read(der::Reader& reader, AuthorizationElement& out) {
  const Bytes before = reader.rest();
  der::Reader fields = reader.enter(der::sequence);
  out.octets = before.first(before.size() - reader.rest().size());
  out.type = fields.read_int32_field(context(0));
  out.data = fields.read_field(context(1), der::octet_string);
  fields.finish_extensible(1);
}

void write(der::Writer& writer, const AuthorizationElement& element) {
  const std::size_t mark = writer.size();
  writer.field(context(1), der::octet_string, element.data);
  writer.integer_field(context(0), element.type);
  writer.close(der::sequence, mark);
}

bool is_container(std::int32_t type) {
  using namespace authorization_data;
  return type == if_relevant || type == kdc_issued || type == and_or || type == mandatory_for_kdc ||
         type == cammac;
}

Result<AuthorizationData> open_container(const AuthorizationElement& container) {
  using namespace authorization_data;
  if (container.type == if_relevant || container.type == mandatory_for_kdc) {
    return parse<AuthorizationData>(container.data);
  }
  // The list is one field of a SEQUENCE, behind a checksum, names or a count.
  unsigned number = 0;
  if (container.type == kdc_issued) number = 3;
  if (container.type == and_or) number = 1;
  der::Status status;
  der::Reader reader(container.data, status);
  der::Reader fields = reader.enter(der::sequence);
  reader.finish();
  while (number != 0 && !fields.empty() && !fields.at(context(number))) fields.read_element();
  AuthorizationData inside;
  read_content(fields.enter_field(context(number), der::sequence), inside);
  if (!status.ok()) return tl::unexpected(status.error());
  return inside;
}

Result<bool> contains_any(const AuthorizationData& list, std::span<const std::int32_t> types) {
  return Search{types}.in(list, 1);
}

}  // namespace ferryman::kerberos
