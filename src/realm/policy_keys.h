#pragma once

#include <string>
#include <vector>

#include "account/policy.h"
#include "config/reader.h"

namespace ferryman::realm {

// What [kdc] and [password] set. The references must outlive the lists.
std::vector<Key> kdc_keys(account::Policy& policy, std::vector<std::string>& spn_aliases);
std::vector<Key> password_keys(account::PasswordPolicy& policy);

}  // namespace ferryman::realm
