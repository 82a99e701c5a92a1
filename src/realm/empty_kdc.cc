#include "realm/empty_kdc.h"

#include "kerberos/encode.h"
#include "kerberos/names.h"
#include "kerberos/request.h"

namespace ferryman::realm {
namespace {

using kerberos::RequestKind;

// RFC 4120 7.5.9.
constexpr std::int32_t service_unknown = 7, padata_type_nosupp = 16, generic = 60;

std::int32_t error_for(const kerberos::Request& request) {
  if (request.kind == RequestKind::as_req) return kerberos::error_code::client_unknown;
  const bool lacks_ticket =
      request.kind == RequestKind::tgs_req && !request.kdc_req->padata.has(kerberos::padata::tgs_req);
  return lacks_ticket ? padata_type_nosupp : service_unknown;
}

}  // namespace

KdcAnswer answer_without_principals(Bytes message, local::Transport transport, std::string_view realm,
                                    std::chrono::system_clock::time_point now) {
  kerberos::KrbErrorFields error;
  error.realm = realm;
  error.instance = realm;  // krbtgt/REALM
  error.time = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const auto request = kerberos::parse_request(message);
  if (!request) {
    error.error_code = generic;
    KdcAnswer answer{{}, {}, generic};
    if (transport != local::Transport::udp) answer.message = kerberos::make_krb_error(error);
    return answer;
  }
  error.error_code = error_for(*request);
  KdcAnswer answer{{}, kerberos::name(request->kind), error.error_code};
  if (request->kind == RequestKind::kpasswd) {
    error.service = "kadmin";
    error.instance = "changepw";
    answer.message = kerberos::make_kpasswd_error(kerberos::make_krb_error(error));
    return answer;
  }
  if (const auto& sname = request->kdc_req->sname; sname && sname->size() == 2) {
    error.service = sname->component(0);
    error.instance = sname->component(1);
  }
  answer.message = kerberos::make_krb_error(error);
  return answer;
}

}  // namespace ferryman::realm
