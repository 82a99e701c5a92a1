#pragma once

#include <string>
#include <vector>

#include "ferryman/realm_service.h"

namespace ferryman {

struct MitImportOptions {
  std::string file;                          // "-": standard input
  std::string stash = "/etc/krb5kdc/stash";  // where Debian's krb5kdc has it
  bool rc4 = false, dry_run = false;
  std::vector<std::string> users{}, services{};
};

// Brings the principals of a dump to the service, some at a time, as accounts of the tenant. Those that are
// there already stay as they are. Returns an exit code; all has been told.
int import_mit(RealmService& service, const MitImportOptions& options);

}  // namespace ferryman
