#include "base/base64.h"
#include "realm/admin_commands.h"
#include "realm/kdc_identities.h"

namespace ferryman::realm {

admin::Reply show_pkinit_anchor(Call& call) {
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto authority = KdcIdentities(call.records).authority(call.tenant, call.now);
  if (!authority) return failed("The KDC's certification authority cannot be read", authority.error());
  const pki::Certificate& certificate = authority->certificate();
  return admin::Json{{"realm", call.tenant.realm},
                     {"certificate", base64_of(certificate.der())},
                     {"not_after", certificate.not_after()}};
}

}  // namespace ferryman::realm
