#include "kerberos/kpasswd.h"

#include "kerberos/krb_error.h"

namespace ferryman::kerberos {
namespace {

constexpr std::uint32_t header_size = 6;

std::uint16_t u16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

struct Frame {
  std::uint16_t version;
  Bytes ap;    // AP-REQ or AP-REP; empty in an answer that is a KRB-ERROR
  Bytes rest;  // KRB-PRIV or KRB-ERROR
};

Result<Frame> parse_frame(Bytes message) {
  if (message.size() < header_size) return tl::unexpected(Error{Fault::truncated, 0});
  if (u16(message, 0) > message.size()) return tl::unexpected(Error{Fault::truncated, 0});
  if (u16(message, 0) < message.size()) return tl::unexpected(Error{Fault::trailing_bytes, u16(message, 0)});
  const std::uint16_t version = u16(message, 2);
  if (version != kpasswd_version::change && version != kpasswd_version::set)
    return tl::unexpected(Error{Fault::wrong_value, 2});
  const std::size_t ap_size = u16(message, 4);
  if (ap_size > message.size() - header_size) return tl::unexpected(Error{Fault::truncated, 4});
  return Frame{version, message.subspan(header_size, ap_size), message.subspan(header_size + ap_size)};
}

Error shifted(Error error, std::size_t by) {
  return {error.fault, error.offset + static_cast<std::uint32_t>(by)};
}

// KRB-PRIV (RFC 4120 5.7.1).
Result<void> check_krb_priv(Bytes message) {
  der::Status status;
  der::Reader reader(message, status);
  der::Reader fields = reader.enter_field(der::application(msg_type::krb_priv), der::sequence);
  reader.finish();
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type::krb_priv);
  read_encrypted_data_field(fields, 3);
  fields.finish_extensible(3);
  if (!status.ok()) return tl::unexpected(status.error());
  return {};
}

// AP-REP (RFC 4120 5.5.2).
Result<void> check_ap_rep(Bytes message) {
  der::Status status;
  der::Reader reader(message, status);
  der::Reader fields = reader.enter_field(der::application(msg_type::ap_rep), der::sequence);
  reader.finish();
  expect_constant(fields, 0, protocol_version);
  expect_constant(fields, 1, msg_type::ap_rep);
  read_encrypted_data_field(fields, 2);
  fields.finish_extensible(2);
  if (!status.ok()) return tl::unexpected(status.error());
  return {};
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
  if (const auto priv = check_krb_priv(frame->rest); !priv) {
    return tl::unexpected(shifted(priv.error(), header_size + frame->ap.size()));
  }
  return KpasswdRequest{frame->version, ap_req};
}

Result<KpasswdReply> parse_kpasswd_reply(Bytes message) {
  const auto frame = parse_frame(message);
  if (!frame) return tl::unexpected(frame.error());
  const std::size_t rest_at = header_size + frame->ap.size();
  if (frame->ap.empty()) {
    const auto error = parse_krb_error(frame->rest);
    if (!error) return tl::unexpected(shifted(error.error(), rest_at));
    return KpasswdReply{error->error_code};
  }
  if (const auto ap_rep = check_ap_rep(frame->ap); !ap_rep) {
    return tl::unexpected(shifted(ap_rep.error(), header_size));
  }
  if (const auto priv = check_krb_priv(frame->rest); !priv)
    return tl::unexpected(shifted(priv.error(), rest_at));
  return KpasswdReply{};
}

}  // namespace ferryman::kerberos
