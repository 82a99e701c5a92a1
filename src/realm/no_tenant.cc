#include "realm/no_tenant.h"

#include "kerberos/encode.h"
#include "kerberos/request.h"

namespace ferryman::realm {

kdc::Answer answer_without_tenant(const local::KerberosRequest& request, std::int32_t code,
                                  std::string_view reason, kdc::Now now) {
  const auto message = kerberos::parse_request(request.message);
  const bool is_kpasswd = message && message->kind == kerberos::RequestKind::kpasswd;
  kerberos::KrbErrorFields error;
  error.error_code = code;
  error.realm = message && !message->realm().empty() ? message->realm() : request.realm;
  error.service = is_kpasswd ? "kadmin" : "krbtgt";
  error.instance = is_kpasswd ? "changepw" : error.realm;
  error.time = now.seconds;
  kdc::Answer answer;
  answer.message = kerberos::make_krb_error(error);
  if (is_kpasswd) answer.message = kerberos::make_kpasswd_error(answer.message);
  answer.code = code;
  answer.reason = reason;
  if (!message || !message->kdc_req) return answer;
  if (message->kdc_req->cname) message->kdc_req->cname->append_to(answer.client);
  if (message->kdc_req->sname) message->kdc_req->sname->append_to(answer.service);
  return answer;
}

}  // namespace ferryman::realm
