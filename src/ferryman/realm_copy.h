#pragma once

#include <functional>
#include <string>
#include <system_error>
#include <tl/expected.hpp>

#include "base/descriptor.h"
#include "base/new_file.h"
#include "directory/database.h"
#include "ferryman/realm_service.h"
#include "realm/config.h"

// Copies of a realm's database, which `ferryman realm backup` and `restore` handle.
namespace ferryman {

// As realm.toml says; the error is the exit code of what has been told.
tl::expected<realm::Config, int> config_of_realm(const RealmOptions& options);

// Keeps a ferryman-realm from starting while it is held, and says whether one runs; the error is an exit
// code.
tl::expected<Descriptor, int> lock_out_service(const realm::Config& config);

// Does the work as whom the database belongs to, the owner of its directory or, of a server's, of the master
// key, as as_owner_of() does.
int as_service_user(const realm::Config& config, const std::function<int()>& work);

// What to do where a server's database is not reached by user.
std::string advice_on_server(const std::string& location, const std::string& user);

std::string directory_of(const std::string& path);
std::string last_error();

// Appends all of an open file.
std::error_code append_all(int file, FileInMaking& to);

// Whether the realm could be served of a copy: reads all, opens every key, looks for the default tenant, and
// issues a ticket of each. Returns an exit code, what is wrong has been told.
int judge_copy(directory::Database& directory, const realm::Config& config);

// Whether the realm could be served of this copy: opens what is in the file with the master key, in a scratch
// directory beside the database, reads all, looks for the default tenant, and issues a ticket of each.
// Returns an exit code, what is wrong has been told. For who may read the key: the database's owner.
int try_copy(int file, const realm::Config& config);

}  // namespace ferryman
