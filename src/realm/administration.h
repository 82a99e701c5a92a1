#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "account/policy.h"
#include "admin/message.h"
#include "directory/directory.h"
#include "directory/sign_in_records.h"
#include "realm/backup_copy.h"
#include "realm/event_history.h"
#include "realm/master_key_change.h"
#include "telemetry/log.h"

namespace ferryman::realm {

struct Command;

// Who asks, as the kernel tells it.
struct Caller {
  uid_t uid = 0;
  pid_t pid = 0;
};

// What may be asked for. of_sync: nothing but what takes over users of an on-premises domain.
enum class Commands : std::uint8_t { all, of_sync };

// What the commands of one connection have in common.
struct Session {
  Caller caller;
  Commands commands = Commands::all;
  std::optional<BackupCopy> backup{};  // from backup.begin on
};

// The commands of docs/admin-protocol.md. Whoever calls has been admitted. Each change, and each keytab and
// copy of the database that is given out, is an event, also where it fails: in the log and in the history,
// with Windows' id where there is one, and never with a secret. Any thread may use it; it may wait for the
// directory, and take as long as string-to-key does. What it refers to must outlive it.
class Administration {
 public:
  struct Surroundings {
    directory::Directory& directory;
    directory::SignInRecords& records;
    EventHistory& history;
    telemetry::Log& log;
    std::function<account::Policy()> policy;      // in force
    std::function<std::string()> default_tenant;  // its name
    std::function<bool()> takes_codes;            // whether [sign_in] enrol has them
    // Failures of the account that are counted in this process alone are taken back.
    std::function<void(const directory::ObjectId&)> forget_failures;
    // The members of `status`, but for those that are known here: `default_tenant`, `tenants`, `pid`,
    // `admin`.
    std::function<admin::Json()> status;
    std::function<directory::Outcome<BackupCopy>()> back_up;  // the database
    // To the next one of where the service's master key is; source: where the caller takes it to be.
    std::function<directory::Outcome<MasterKeyChange>(std::string_view source)> change_master_key;
  };

  explicit Administration(Surroundings surroundings) : surroundings_(std::move(surroundings)) {}

  // now: seconds since 1970.
  admin::Reply answer(const admin::Request& request, Session& session, std::int64_t now);

 private:
  admin::Outcome<directory::Tenant> tenant_of(const admin::Request& request) const;
  admin::Reply status(const admin::Request& request) const;
  admin::Reply events(const admin::Request& request) const;
  admin::Reply begin_backup(const admin::Request& request, Session& session) const;
  admin::Reply rotate_master_key(const admin::Request& request, const Caller& caller) const;
  admin::Reply carry_out(const Command& command, const admin::Request& request, const Caller& caller,
                         std::int64_t now) const;

  const Surroundings surroundings_;
  std::atomic<std::uint64_t> answered_{0};
};

}  // namespace ferryman::realm
