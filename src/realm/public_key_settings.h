#pragma once

#include <memory>

namespace ferryman::pkinit {
class LogonAnchors;
}

namespace ferryman::realm {

// Logons by public keys (RFC 4556): [pkinit].
struct PublicKeySettings {
  bool enabled = true;
  std::shared_ptr<const pkinit::LogonAnchors> anchors{};  // null: only keys that are registered log on
  bool freshness_required = true;
};

}  // namespace ferryman::realm
