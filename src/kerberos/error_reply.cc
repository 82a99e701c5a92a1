#include "kerberos/error_reply.h"

#include "base/text.h"
#include "kerberos/encode.h"
#include "kerberos/kpasswd.h"
#include "kerberos/numbers.h"

namespace ferryman::kerberos {
namespace {

constexpr std::size_t max_text = 400;

}  // namespace

std::string_view realm_of(const Request& request) {
  if (request.kind != RequestKind::kpasswd) return request.realm();
  const auto kpasswd = parse_kpasswd_request(request.bytes);
  return kpasswd ? kpasswd->ap_req.ticket.realm : std::string_view();
}

std::vector<std::uint8_t> make_error_reply(RequestKind kind, const ErrorReply& reply) {
  const bool kpasswd = kind == RequestKind::kpasswd;
  const std::string shown = printable(reply.text).substr(0, max_text);
  std::vector<std::uint8_t> result{0, kpasswd_result::hard_error};
  result.insert(result.end(), shown.begin(), shown.end());
  KrbErrorFields fields;
  fields.error_code = reply.code;
  fields.realm = reply.realm;
  fields.service = kpasswd ? "kadmin" : "krbtgt";
  fields.instance = kpasswd ? "changepw" : std::string_view(reply.realm);
  fields.text = shown;
  if (kpasswd) fields.e_data = result;
  fields.time = reply.time;
  auto error = make_krb_error(fields);
  return kpasswd ? make_kpasswd_error(error) : error;
}

std::vector<std::uint8_t> make_refusal(const Request& request, const ErrorReply& reply) {
  if (!request.kdc_req) return make_error_reply(request.kind, reply);
  KrbErrorFields fields;
  fields.error_code = reply.code;
  fields.realm = request.realm();
  fields.instance = request.realm();
  fields.sname = request.kdc_req->sname;
  fields.time = reply.time;
  return make_krb_error(fields);
}

}  // namespace ferryman::kerberos
