#pragma once

#include <string_view>

#include "directory/directory.h"

namespace ferryman::realm {

// A tenant by its name, one of its domains, or its GUID.
inline directory::Outcome<directory::Tenant> find_tenant(directory::Directory& directory,
                                                         std::string_view text) {
  if (const auto guid = directory::guid_of_text(text)) return directory.tenant({*guid});
  return directory.find_tenant(text);
}

}  // namespace ferryman::realm
