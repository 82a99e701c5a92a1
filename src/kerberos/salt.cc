#include "kerberos/salt.h"

#include <array>
#include <iterator>
#include <random>

#include "der/reader.h"
#include "der/writer.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/krb_error.h"
#include "kerberos/names.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {
namespace {

using der::context;

constexpr std::int32_t pa_pw_salt = 3, pa_etype_info2 = 19;
constexpr std::int32_t as_req = 10, as_rep = 11;
constexpr std::int64_t name_srv_inst = 2;

PadataList method_data(Bytes e_data) {
  der::Status status;
  der::Reader reader(e_data, status);
  return PadataList(reader.read(der::sequence));
}

PadataList padata_of(const Reply& reply) {
  if (reply.kind == ReplyKind::as_rep) {
    const auto rep = parse_kdc_rep(reply.bytes, as_rep);
    return rep ? rep->padata : PadataList();
  }
  const bool tells =
      reply.error_code == error_code::preauth_required || reply.error_code == error_code::preauth_failed;
  if (reply.kind != ReplyKind::krb_error || !tells) return {};
  const auto error = parse_krb_error(reply.bytes);
  return error ? method_data(error->e_data) : PadataList();
}

std::optional<Bytes> salt_of_info2(Bytes etype_info2) {
  der::Status status;
  der::Reader entries(etype_info2, status);
  entries = entries.enter(der::sequence);
  while (!entries.empty()) {
    der::Reader entry = entries.enter(der::sequence);
    entry.read_int32_field(context(0));
    if (!entry.at(context(1))) continue;
    const Bytes salt = entry.read_field(context(1), der::general_string);
    if (status.ok()) return salt;
  }
  return std::nullopt;
}

void write_integer(der::Writer& writer, unsigned number, std::int64_t value) {
  const std::size_t mark = writer.size();
  writer.integer(value);
  writer.close(context(number), mark);
}

void write_string(der::Writer& writer, unsigned number, der::Tag type, std::string_view text) {
  const std::size_t mark = writer.size();
  writer.string(type, text);
  writer.close(context(number), mark);
}

// PrincipalName whose name-string has that content.
void write_name(der::Writer& writer, unsigned number, std::int64_t type, Bytes name_string) {
  const std::size_t mark = writer.size();
  writer.primitive(der::sequence, name_string);
  writer.close(context(1), mark);
  write_integer(writer, 0, type);
  writer.close(der::sequence, mark);
  writer.close(context(number), mark);
}

void write_krbtgt(der::Writer& writer, std::string_view realm) {
  const std::size_t mark = writer.size();
  writer.string(der::general_string, realm);
  writer.string(der::general_string, "krbtgt");
  writer.close(der::sequence, mark);
  writer.close(context(1), mark);
  write_integer(writer, 0, name_srv_inst);
  writer.close(der::sequence, mark);
  writer.close(context(3), mark);
}

void write_body(der::Writer& writer, const KdcReq& of) {
  // AES with SHA-1 and SHA-2, Camellia, RC4 (RFC 3962, 8009, 6803, 4757).
  constexpr std::int32_t etypes[] = {18, 17, 20, 19, 26, 25, 23};
  std::size_t mark = writer.size();
  for (auto etype = std::rbegin(etypes); etype != std::rend(etypes); ++etype) writer.integer(*etype);
  writer.close(der::sequence, mark);
  writer.close(context(8), mark);
  write_integer(writer, 7, static_cast<std::int64_t>(std::random_device{}() & 0x7fffffffU));
  write_string(writer, 5, der::generalized_time, "20370913024805Z");
  write_krbtgt(writer, of.realm);
  write_string(writer, 2, der::general_string, of.realm);
  write_name(writer, 1, of.cname->name_type, of.cname->name_string);
  mark = writer.size();
  const std::uint32_t options = of.kdc_options & kdc_option_canonicalize;
  const std::array<std::uint8_t, 5> bits{
      0, static_cast<std::uint8_t>(options >> 24), static_cast<std::uint8_t>(options >> 16),
      static_cast<std::uint8_t>(options >> 8), static_cast<std::uint8_t>(options)};
  writer.primitive(der::bit_string, bits);
  writer.close(context(0), mark);
  writer.close(der::sequence, 0);
  writer.close(context(4), 0);
}

}  // namespace

std::optional<Bytes> salt_told(const Reply& reply) {
  const PadataList padata = padata_of(reply);
  if (const auto info2 = padata.find(pa_etype_info2)) {
    if (const auto salt = salt_of_info2(info2->value)) return salt;
  }
  if (const auto salt = padata.find(pa_pw_salt)) return salt->value;
  return std::nullopt;
}

std::vector<std::uint8_t> ask_for_salt(const KdcReq& of) {
  constexpr std::size_t room = 256;  // for all but the names
  std::vector<std::uint8_t> buffer(room + of.cname->name_string.size() + 2 * of.realm.size());
  der::Writer writer(buffer);
  write_body(writer, of);
  write_integer(writer, 2, as_req);
  write_integer(writer, 1, protocol_version);
  writer.close(der::sequence, 0);
  writer.close(der::application(as_req), 0);
  const auto message = writer.finish();
  if (!message) return {};
  return {message->begin(), message->end()};
}

}  // namespace ferryman::kerberos
