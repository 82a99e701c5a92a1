#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kerberos/numbers.h"
#include "kerberos/principal_name.h"
#include "login/credential_caches.h"

namespace ferryman::login {

// A client as a record has it, whose texts outlive this.
class RecordedClient {
 public:
  RecordedClient(const std::vector<std::string>& components, std::string_view realm)
      : name_(kerberos::name_type::principal,
              std::vector<std::string_view>(components.begin(), components.end())),
        realm_(realm) {}

  Client get() const { return {name_.view(), realm_}; }

 private:
  kerberos::Name name_;
  std::string_view realm_;
};

inline std::vector<std::string> components_of(const kerberos::PrincipalName& name) {
  std::vector<std::string> components;
  for (std::size_t i = 0; i < name.size(); ++i) components.emplace_back(name.component(i));
  return components;
}

}  // namespace ferryman::login
