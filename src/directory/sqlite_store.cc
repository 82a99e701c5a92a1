#include "directory/sqlite_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "directory/schema.h"

namespace ferryman::directory::sqlite {
namespace {

void add_integrity(Connection& c, std::vector<std::string>& findings) {
  Statement row = c.statement("PRAGMA integrity_check");
  while (row.step())
    if (row.text(0) != "ok") findings.push_back(row.text(0));
}

void add_foreign_keys(Connection& c, std::vector<std::string>& findings) {
  Statement row = c.statement("PRAGMA foreign_key_check");
  while (row.step())
    findings.push_back(
        fmt::format("a row of {} belongs to one of {} that is not there", row.text(0), row.text(2)));
}

void add_keys(Connection& c, const MasterKey& master, std::vector<std::string>& findings) {
  Statement row = c.statement("SELECT object, kvno, etype, sealed FROM keys");
  while (row.step()) {
    const auto object = row.id<ObjectId>(0);
    const auto etype = static_cast<std::int32_t>(row.integer(2));
    const auto opened = master.open({Sealed::key, object, row.number(1), etype}, row.blob(3));
    if (!opened)
      findings.push_back(fmt::format("object {}, kvno {}, etype {}: {}", object.text(), row.number(1), etype,
                                     opened.error().text));
  }
}

Outcome<void> cannot_back_up(const std::string& file) {
  const int error = errno;
  const Reason reason = error == EEXIST   ? Reason::already_exists
                        : error == ENOSPC ? Reason::full
                        : error == EROFS  ? Reason::read_only
                                          : Reason::unavailable;
  return fail(reason, fmt::format("cannot write the backup {}: {}", file, std::strerror(error)));
}

}  // namespace

Outcome<std::unique_ptr<Connection>> Pool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return Connection::open(file_, Connection::Access::existing);
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

Outcome<void> Store::prepare(bool create, const std::string& file) {
  auto connection =
      Connection::open(file, create ? Connection::Access::create : Connection::Access::existing);
  if (!connection) return tl::unexpected(connection.error());
  if (auto migrated = migrate(**connection, migrations()); !migrated) return migrated;
  if (auto checked = check_master_key(**connection, master_); !checked) return checked;
  pool_.give_back(*std::move(connection));
  return {};
}

Outcome<std::vector<std::string>> Store::check() {
  return read([this](Connection& c) -> Outcome<std::vector<std::string>> {
    std::vector<std::string> findings;
    add_integrity(c, findings);
    add_foreign_keys(c, findings);
    add_keys(c, master_, findings);
    return findings;
  });
}

Outcome<void> Store::back_up(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot_back_up(file);
  // VACUUM INTO takes an empty file, keeps to one moment and holds up no writer, but syncs nothing.
  auto done = with_connection([&file](Connection& c) -> Outcome<void> {
    return c.without_transaction([&file](Connection& alone) { alone.run("VACUUM INTO ?", file); });
  });
  if (done && ::fsync(descriptor) != 0) done = cannot_back_up(file);
  ::close(descriptor);
  if (!done) ::unlink(file.c_str());
  return done;
}

}  // namespace ferryman::directory::sqlite

namespace ferryman::directory {

Outcome<std::unique_ptr<SqliteDirectory>> open_sqlite_directory(SqliteOptions options, MasterKey master) {
  const std::string file = options.file;
  const bool create = options.create;
  auto store = std::make_unique<sqlite::Store>(std::move(options), std::move(master));
  if (auto prepared = store->prepare(create, file); !prepared) return tl::unexpected(prepared.error());
  return store;
}

}  // namespace ferryman::directory
