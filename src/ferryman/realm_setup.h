#pragma once

#include <optional>
#include <string>

#include "ferryman/service_user.h"
#include "realm/config.h"

namespace ferryman {

// What a realm is set up from.
struct RealmSetup {
  realm::Config config;
  std::string config_file;                   // absolute
  std::optional<std::string> config_text{};  // what is to be written there; nothing: it is there
  std::optional<ServiceUser> user{};         // where root sets up: for whom
};

// Makes what is missing of the master key, the database with the default tenant, and last realm.toml, and
// says so line by line; nothing that is there is changed, so that it can be called again wherever it was
// interrupted. Returns an exit code, failures have been told.
//
// What root does not have to do is done by a child that is the service's user: what it makes is that user's,
// and a link that others have laid leads no further than that user gets. Root itself makes files only where
// no one else can lay any.
int set_up_realm(const RealmSetup& setup);

}  // namespace ferryman
