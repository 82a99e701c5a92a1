#pragma once

#include "ferryman/realm_service.h"

namespace ferryman {

// `ferryman realm rotate master-key`. Returns the exit code.
//
//   1. FILE.new, the next key, is made beside FILE, the master key that realm.toml names;
//   2. the service seals all of the database under it, in one transaction, and knows both;
//   3. FILE gets the further name FILE.ID, and FILE.new becomes FILE.
//
// Whoever dies at any moment, the database is under the one or the other, both are there, and a service that
// starts finds the right one (realm/open_sealed.h); called again, it goes on where it was. Only one at a time
// does it.
int rotate_master_key(RealmService& service, const RealmOptions& options);

}  // namespace ferryman
