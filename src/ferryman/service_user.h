#pragma once

#include <functional>
#include <string>

#include "base/new_file.h"

namespace ferryman {

// The user that a service runs as.
struct ServiceUser {
  std::string name;
  FileOwner ids;
};

// For good: nothing gets root back.
bool become(const ServiceUser& user);

// Does the work as whom the directory belongs to, and returns its exit code: where root calls, in a child
// that is that user, so that a link that the user has laid leads no further than the user gets.
int as_owner_of(const std::string& directory, const std::function<int()>& work);

}  // namespace ferryman
