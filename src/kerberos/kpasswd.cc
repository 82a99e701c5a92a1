#include "kerberos/kpasswd.h"

#include <array>

#include "kerberos/fields.h"
#include "kerberos/krb_error.h"

namespace ferryman::kerberos {
namespace {

using der::context;

constexpr std::uint32_t header_size = 6;
constexpr std::size_t max_size = 0xffff;  // what 2 octets of length can say

std::uint16_t u16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

Result<KpasswdFrame> parse_frame(Bytes message) {
  if (message.size() < header_size) return tl::unexpected(Error{Fault::truncated, 0});
  if (u16(message, 0) > message.size()) return tl::unexpected(Error{Fault::truncated, 0});
  if (u16(message, 0) < message.size()) return tl::unexpected(Error{Fault::trailing_bytes, u16(message, 0)});
  const std::uint16_t version = u16(message, 2);
  if (version != kpasswd_version::change && version != kpasswd_version::set)
    return tl::unexpected(Error{Fault::wrong_value, 2});
  const std::size_t ap_size = u16(message, 4);
  if (ap_size > message.size() - header_size) return tl::unexpected(Error{Fault::truncated, 4});
  return KpasswdFrame{version, message.subspan(header_size, ap_size), message.subspan(header_size + ap_size)};
}

void write_u16(der::Writer& writer, std::size_t value) {
  const std::array<std::uint8_t, 2> octets{static_cast<std::uint8_t>(value >> 8),
                                           static_cast<std::uint8_t>(value)};
  writer.bytes(octets);
}

Error shifted(Error error, std::size_t by) {
  return {error.fault, error.offset + static_cast<std::uint32_t>(by)};
}

}  // namespace

bool looks_like_kpasswd(Bytes message) {
  return message.size() >= header_size && u16(message, 0) == message.size() &&
         (u16(message, 2) == kpasswd_version::change || u16(message, 2) == kpasswd_version::set);
}

Result<KpasswdRequest> parse_kpasswd_request(Bytes message) {
  const auto frame = parse_frame(message);
  if (!frame) return tl::unexpected(frame.error());
  der::Status status;
  der::Reader reader(frame->ap, status);
  const ApReq ap_req = read_ap_req(reader);
  reader.finish();
  if (!status.ok()) return tl::unexpected(shifted(status.error(), header_size));
  const auto priv = parse<KrbPriv>(frame->rest);
  if (!priv) return tl::unexpected(shifted(priv.error(), header_size + frame->ap.size()));
  return KpasswdRequest{frame->version, frame->ap, ap_req, *priv};
}

Result<KpasswdReply> parse_kpasswd_reply(Bytes message) {
  const auto frame = parse_frame(message);
  if (!frame) return tl::unexpected(frame.error());
  const std::size_t rest_at = header_size + frame->ap.size();
  if (frame->ap.empty()) {
    const auto error = parse_krb_error(frame->rest);
    if (!error) return tl::unexpected(shifted(error.error(), rest_at));
    return KpasswdReply{error->error_code, frame->rest, {}, {}};
  }
  const auto ap_rep = parse<ApRep>(frame->ap);
  if (!ap_rep) return tl::unexpected(shifted(ap_rep.error(), header_size));
  const auto priv = parse<KrbPriv>(frame->rest);
  if (!priv) return tl::unexpected(shifted(priv.error(), rest_at));
  return KpasswdReply{0, {}, *ap_rep, *priv};
}

void write(der::Writer& writer, const KpasswdFrame& frame) {
  const std::size_t size = header_size + frame.ap.size() + frame.rest.size();
  if (size > max_size) return writer.fail(Fault::length_too_large);
  writer.bytes(frame.rest);
  writer.bytes(frame.ap);
  write_u16(writer, frame.ap.size());
  write_u16(writer, frame.version);
  write_u16(writer, size);
}

void read(der::Reader& reader, ChangePasswdData& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.newpasswd = fields.read_field(context(0), der::octet_string);
  read_optional_field(fields, 1, out.targname);
  if (fields.at(context(2))) out.targrealm = read_realm(fields, 2);
  fields.finish_extensible(2);
}

void write(der::Writer& writer, const ChangePasswdData& data) {
  const std::size_t mark = writer.size();
  if (data.targrealm) write_realm(writer, 2, *data.targrealm);
  write_optional_field(writer, 1, data.targname);
  writer.field(context(0), der::octet_string, data.newpasswd);
  writer.close(der::sequence, mark);
}

Result<KpasswdResult> parse_kpasswd_result(Bytes user_data) {
  if (user_data.size() < 2) return tl::unexpected(Error{Fault::truncated, 0});
  return KpasswdResult{u16(user_data, 0), user_data.subspan(2)};
}

void write(der::Writer& writer, const KpasswdResult& result) {
  writer.bytes(result.text);
  write_u16(writer, result.code);
}

}  // namespace ferryman::kerberos
