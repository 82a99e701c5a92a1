#include "signin/device_certificate.h"

#include <utility>

namespace ferryman::signin {

tl::unexpected<Answer> refuse_device(std::string_view reason) {
  return refuse({400, "invalid_grant", entra::bad_device,
                 "Device authentication failed: the device is not joined, or disabled.", reason});
}

Step<ShownDevice> device_of_certificate(const Realm& realm, const directory::Tenant& tenant,
                                        const TenantKeys& keys, Bytes der) {
  auto certificate = pki::Certificate::parse(der);
  if (!certificate) return refuse_device("no certificate of a device");
  const auto id = keys.device_ca.verify(*certificate, realm.now());
  if (!id && id.error().fault == Fault::bad_time)
    return refuse_device("the device's certificate has expired, or is not valid yet");
  if (!id) return refuse_device("no certificate of a device of the tenant");
  auto device = realm.records.device(tenant.id, directory::DeviceId{*id});
  if (!device && device.error().reason != directory::Reason::not_found)
    return tl::unexpected(unavailable(device.error()));
  if (!device) return refuse_device(device_removed);
  if (device->certificate != certificate->der()) return refuse_device("not the device's certificate");
  if (device->disabled) return refuse_device("device disabled");
  return ShownDevice{*std::move(device), *std::move(certificate)};
}

}  // namespace ferryman::signin
