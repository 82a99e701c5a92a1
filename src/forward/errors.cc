#include "forward/errors.h"

#include <ctime>
#include <vector>

#include "base/text.h"
#include "kerberos/encode.h"
#include "kerberos/kpasswd.h"

namespace ferryman::forward {
namespace {

constexpr std::size_t max_text = 400;
constexpr std::uint8_t kpasswd_hard_error = 2;  // RFC 3244 2: KRB5_KPASSWD_HARDERROR

}  // namespace

std::string realm_of(const kerberos::Request& request) {
  if (request.kind != kerberos::RequestKind::kpasswd) return std::string(request.realm());
  const auto kpasswd = kerberos::parse_kpasswd_request(request.bytes);
  return kpasswd ? std::string(kpasswd->ap_req.ticket.realm) : std::string();
}

Message make_error(const kerberos::Request& request, std::int32_t code, const std::string& realm,
                   std::string_view text) {
  const bool kpasswd = request.kind == kerberos::RequestKind::kpasswd;
  const std::string shown = printable(text).substr(0, max_text);
  std::vector<std::uint8_t> result{0, kpasswd_hard_error};
  result.insert(result.end(), shown.begin(), shown.end());
  kerberos::KrbErrorFields fields;
  fields.error_code = code;
  fields.realm = realm;
  fields.service = kpasswd ? "kadmin" : "krbtgt";
  fields.instance = kpasswd ? "changepw" : std::string_view(realm);
  fields.text = shown;
  if (kpasswd) fields.e_data = result;
  fields.time = std::time(nullptr);
  auto error = kerberos::make_krb_error(fields);
  return kpasswd ? kerberos::make_kpasswd_error(error) : error;
}

}  // namespace ferryman::forward
