#pragma once

#include <functional>
#include <memory>

#include "directory/failure.h"
#include "directory/sign_in_records.h"
#include "pkinit/anchors.h"
#include "pkinit/kdc_authority.h"

// What a tenant's KDC needs for public keys (RFC 4556), beside its directory.
namespace ferryman::kdc {

struct PublicKeys {
  directory::SignInRecords& records;    // the keys that users have registered
  const pkinit::LogonAnchors* anchors;  // whose certificates log on; null: nobody's
  bool freshness_required = true;       // a signature has to be of now (RFC 8070)
  bool anonymous = false;               // whoever asks gets a TGT for FAST's armor (RFC 8062)
  // What replies are signed with.
  std::function<directory::Outcome<std::shared_ptr<const pkinit::KdcIdentity>>()> identity;
};

}  // namespace ferryman::kdc
