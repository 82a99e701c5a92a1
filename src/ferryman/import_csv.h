#pragma once

#include <string>

#include "ferryman/realm_service.h"

namespace ferryman {

struct CsvImportOptions {
  std::string file;  // "-": standard input
  bool dry_run = false;
};

// Makes the users of a table (user_table.h), one after the other, if nothing in it is wrong. Those that are
// there already stay as they are. Returns an exit code; all has been told.
int import_csv(RealmService& service, const CsvImportOptions& options);

}  // namespace ferryman
