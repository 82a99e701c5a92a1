#include "signin/device_certificate.h"

#include <algorithm>
#include <utility>

namespace ferryman::signin {

tl::unexpected<Answer> refuse_device(std::string_view reason) {
  return refuse({400, "invalid_grant", entra::bad_device,
                 "Device authentication failed: the device is not joined, or disabled.", reason});
}

Step<ShownDevice> device_of_certificate(const Realm& realm, const directory::Tenant& tenant,
                                        const TenantKeys& keys, Bytes der) {
  const auto certificate = realm.keys.device_certificate(tenant.id, keys, der, realm.now());
  if (!certificate && certificate.error().fault == Fault::bad_time)
    return refuse_device("the device's certificate has expired, or is not valid yet");
  if (!certificate) return refuse_device("no certificate of a device of the tenant");
  auto device = realm.records.device(tenant.id, directory::DeviceId{certificate->device});
  if (!device && device.error().reason != directory::Reason::not_found)
    return tl::unexpected(unavailable(device.error()));
  if (!device) return refuse_device(device_removed);
  if (!std::equal(der.begin(), der.end(), device->certificate.begin(), device->certificate.end()))
    return refuse_device("not the device's certificate");
  if (device->disabled) return refuse_device("device disabled");
  return ShownDevice{*std::move(device), certificate->key};
}

}  // namespace ferryman::signin
