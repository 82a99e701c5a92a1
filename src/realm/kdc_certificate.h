#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "pkinit/kdc_identity.h"
#include "realm/public_key_settings.h"

namespace ferryman::realm {

// What an administrator's own authority has issued for the KDC.
struct KdcCertificateMistake {
  const char* key_name;  // of [pkinit]
  std::string text;      // a sentence for an administrator
};
tl::expected<std::shared_ptr<const pkinit::KdcIdentity>, KdcCertificateMistake> read_kdc_certificate(
    const KdcCertificateFiles& files);

}  // namespace ferryman::realm
