#pragma once

#include "pki/public_key.h"
#include "signin/realm.h"

namespace ferryman::signin {

struct ShownDevice {
  directory::Device device;
  pki::PublicKey key;
};

tl::unexpected<Answer> refuse_device(std::string_view reason);
// The reason of the refusal of a certificate that is good, but its device is gone.
inline constexpr std::string_view device_removed = "device removed";
// The device that a certificate in DER is of: signed by the tenant's authority, within its validity, the very
// one that is recorded for the device, and the device is not disabled. Whether its key was used is for the
// caller to see. Refused with invalid_grant and a reason for each.
Step<ShownDevice> device_of_certificate(const Realm& realm, const directory::Tenant& tenant,
                                        const TenantKeys& keys, Bytes der);

}  // namespace ferryman::signin
