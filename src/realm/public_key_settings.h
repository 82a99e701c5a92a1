#pragma once

#include <memory>
#include <string>

namespace ferryman::pkinit {
class LogonAnchors;
struct KdcIdentity;
}  // namespace ferryman::pkinit

namespace ferryman::realm {

// [pkinit] certificate and key.
struct KdcCertificateFiles {
  std::string certificate, key;  // both empty: there are none
};

// Logons by public keys (RFC 4556): [pkinit].
struct PublicKeySettings {
  bool enabled = true;
  std::shared_ptr<const pkinit::LogonAnchors> anchors{};  // null: only keys that are registered log on
  bool freshness_required = true;
  bool anonymous = false;
  // An administrator's own, for the realms that its certificate names; null: there is none.
  std::shared_ptr<const pkinit::KdcIdentity> identity{};
};

}  // namespace ferryman::realm
