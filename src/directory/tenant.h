#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "directory/guid.h"

namespace ferryman::directory {

// What an administrator sets of a tenant. Times are seconds since 1970 everywhere here.
struct TenantSettings {
  std::string name{};                  // one label, as in URLs; unique, as the domains are, among all tenants
  std::vector<std::string> domains{};  // DNS domains that select it
  std::vector<std::string> top_level_names{};  // the realm map that clients get
  bool key_required = false;                   // no password passes, for nobody
  bool attestation_required = false;           // FIDO keys are of a maker who is trusted
  bool offline_logon = true;                   // computers may let people in while no gateway answers
  bool disabled = false;
};

struct Tenant {
  TenantId id;
  TenantSettings settings;
  std::string realm;       // several tenants may have the same one
  std::string domain_sid;  // "S-1-5-21-1-2-3": random, unique among all tenants
  std::int64_t created = 0;
  bool half_removed = false;  // it is disabled, part of it is gone, and it can only be removed further
};

}  // namespace ferryman::directory
