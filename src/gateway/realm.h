#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "locate/locator.h"
#include "policy/policy.h"

namespace ferryman::gateway {

// One [realms."NAME"] of the configuration.
struct Realm {
  std::string name;  // as written; "*.EXAMPLE.COM" stands for every realm below EXAMPLE.COM, not for itself
  std::vector<std::string> aliases;  // that clients ask for it by as well, such as UPN suffixes
  std::chrono::milliseconds deadline{8000};
  policy::Rules rules;
  std::string tenant;  // discovery = "local": of those whose realm that is; empty: the default one
  // For a wildcard: a template, whose realm and dns_domain are filled in for each realm that is asked for.
  std::shared_ptr<const locate::RealmSource> source;

  bool is_local() const { return source->discovery == locate::Discovery::local; }
};

}  // namespace ferryman::gateway
