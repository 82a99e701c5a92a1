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
  der::Reader options = body.enter(context(0));
  req.kdc_options = options.read_flags();
  options.finish();
  if (body.at(context(1))) {
    der::Reader cname = body.enter(context(1));
    req.cname = read_principal_name(cname);
    cname.finish();
  }
  der::Reader realm = body.enter(context(2));
  req.realm = read_realm(realm);
  realm.finish();
  if (body.at(context(3))) {
    der::Reader sname = body.enter(context(3));
    req.sname = read_principal_name(sname);
    sname.finish();
  }
  // from, till, rtime. RFC 4120 requires till; Heimdal's definition does not.
  for (unsigned number = 4; number <= 6; ++number) {
    if (!body.at(context(number))) continue;
    der::Reader time = body.enter(context(number));
    time.read_time();
    time.finish();
  }
  req.nonce = body.enter(context(7)).read_last_uint32();
  der::Reader field = body.enter(context(8));
  der::Reader etypes = field.enter(der::sequence);
  field.finish();
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
  out.type = fields.enter(context(1)).read_last_int32();
  out.value = fields.enter(context(2)).read_last(der::octet_string);
  elements_ = elements.rest();
  return status.ok();
}

std::optional<Padata> PadataList::find(std::int32_t type) const {
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
  der::Reader outer = reader.enter(der::application(static_cast<unsigned>(msg_type)));
  reader.finish();
  der::Reader fields = outer.enter(der::sequence);
  outer.finish();

  KdcReq req;
  expect_constant(fields, 1, protocol_version);
  expect_constant(fields, 2, msg_type);
  if (fields.at(context(3))) {
    der::Reader padata = fields.enter(context(3));
    req.padata = read_padata(padata);
    padata.finish();
  }
  der::Reader field = fields.enter(context(4));
  der::Reader body = field.enter(der::sequence);
  field.finish();
  read_body(body, req);
  fields.finish_extensible(4);
  if (!status.ok()) return tl::unexpected(status.error());
  return req;
}

}  // namespace ferryman::kerberos
