#pragma once

#include <string>

#include "admin/message.h"

namespace ferryman {

// Keytabs that the service gives out are written to new files of mode 0600, never over one that is there.
// Both return exit_ok, or the exit code of what has been told.

// To be called before keys leave the service.
int check_no_keytab(const std::string& file);
// The result's member `keytab`, which is taken out of it and wiped.
int write_keytab(admin::Json& result, const std::string& file);

}  // namespace ferryman
