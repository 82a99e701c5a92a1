#include "kerberos/kdc_req.h"

#include <array>

#include "der/reader.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {
namespace {

using der::context;

// What krb5_unparse_name escapes inside a component.
constexpr std::array<bool, 256> parts_names = [] {
  std::array<bool, 256> table{};
  for (const char c : {'/', '@', '\\'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

// The views below walk over bytes that were checked when the message was read, so a fault means the end.
std::optional<std::string_view> next_string(der::Reader& strings) {
  if (strings.empty()) return std::nullopt;
  const std::string_view text = strings.read_string(der::general_string);
  if (!strings.ok()) return std::nullopt;
  return text;
}

void read_body(der::Reader& body, KdcReq& req) {
  req.kdc_options = body.read_flags_field(context(0));
  if (body.at(context(1))) req.cname = read_name_field(body, 1);
  req.realm = read_realm_field(body, 2);
  if (body.at(context(3))) req.sname = read_name_field(body, 3);
  // from, till, rtime. RFC 4120 requires till; Heimdal's definition does not.
  for (unsigned number = 4; number <= 6; ++number) {
    if (body.at(context(number))) body.read_time_field(context(number));
  }
  req.nonce = body.read_uint32_field(context(7));
  der::Reader etypes = body.enter_field(context(8), der::sequence);
  req.etypes = EtypeList(etypes.rest());
  while (!etypes.empty()) etypes.read_int32();
  // addresses, enc-authorization-data, additional-tickets and whatever may follow are the KDC's to judge.
  body.finish_extensible(8);
}

}  // namespace

void PrincipalName::append_to(std::string& out) const {
  const std::size_t before = out.size();
  out.resize(before + longest_text());
  const char* end = write_to(out.data() + before);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

char* PrincipalName::write_to(char* out) const {
  der::Status status;
  der::Reader strings(name_string, status);
  while (!strings.empty()) {
    for (const char c : as_text(strings.read(der::general_string))) {
      if (parts_names[static_cast<unsigned char>(c)]) *out++ = '\\';
      *out++ = c;
    }
    if (!strings.empty()) *out++ = '/';
  }
  return out;
}

std::size_t PrincipalName::size() const {
  der::Status status;
  der::Reader strings(name_string, status);
  std::size_t count = 0;
  while (next_string(strings)) ++count;
  return count;
}

std::string_view PrincipalName::component(std::size_t i) const {
  der::Status status;
  der::Reader strings(name_string, status);
  for (auto text = next_string(strings); text; text = next_string(strings), --i) {
    if (i == 0) return *text;
  }
  return {};
}

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

bool EtypeList::next(std::int32_t& out) {
  der::Status status;
  der::Reader elements(elements_, status);
  if (elements.empty()) return false;
  out = elements.read_int32();
  elements_ = elements.rest();
  return status.ok();
}

Result<KdcReq> parse_kdc_req(Bytes message, std::int32_t msg_type) {
  der::Status status;
  der::Reader reader(message, status);
  der::Reader fields = reader.enter_field(der::application(static_cast<unsigned>(msg_type)), der::sequence);
  reader.finish();

  KdcReq req;
  expect_constant(fields, 1, protocol_version);
  expect_constant(fields, 2, msg_type);
  if (fields.at(context(3))) req.padata = read_padata_field(fields, 3);
  der::Reader body = fields.enter_field(context(4), der::sequence);
  read_body(body, req);
  fields.finish_extensible(4);
  if (!status.ok()) return tl::unexpected(status.error());
  return req;
}

}  // namespace ferryman::kerberos
