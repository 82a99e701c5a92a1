#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "directory/engine.h"
#include "directory/sqlite.h"

namespace ferryman::directory {
namespace {

Outcome<void> cannot_back_up(const std::string& file) {
  const int error = errno;
  const Reason reason = error == EEXIST   ? Reason::already_exists
                        : error == ENOSPC ? Reason::full
                        : error == EROFS  ? Reason::read_only
                                          : Reason::unavailable;
  return fail(reason, fmt::format("cannot write the backup {}: {}", file, std::strerror(error)));
}

// That made the table.
std::string statement_of(sql::Connection& c, const std::string& table) {
  sql::Statement row = c.statement("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", table);
  return row.step() ? row.text(0) : "";
}

}  // namespace

Outcome<std::unique_ptr<sql::Connection>> SqliteEngine::connect() {
  return sqlite::Connection::open(file_, sqlite::Connection::Access::existing);
}

Outcome<std::unique_ptr<sql::Connection>> SqliteEngine::create() {
  return sqlite::Connection::open(file_, sqlite::Connection::Access::create);
}

Outcome<bool> SqliteEngine::is_filled() {
  struct stat status {};
  return ::lstat(file_.c_str(), &status) == 0 || errno != ENOENT;
}

void SqliteEngine::check(sql::Connection& c, std::vector<std::string>& findings) {
  sql::Statement integrity = c.statement("PRAGMA integrity_check");
  while (integrity.step())
    if (integrity.text(0) != "ok") findings.push_back(integrity.text(0));
  sql::Statement foreign_keys = c.statement("PRAGMA foreign_key_check");
  while (foreign_keys.step())
    findings.push_back(fmt::format("a row of {} belongs to one of {} that is not there", foreign_keys.text(0),
                                   foreign_keys.text(2)));
}

Outcome<void> SqliteEngine::back_up(sql::Connection& c, const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot_back_up(file);
  // VACUUM INTO takes an empty file, keeps to one moment and holds up no writer, but syncs nothing.
  auto done = static_cast<sqlite::Connection&>(c).copy_into(file);
  if (done && ::fsync(descriptor) != 0) done = cannot_back_up(file);
  ::close(descriptor);
  if (!done) ::unlink(file.c_str());
  return done;
}

// In the pages of a table there may be copies of rows as they were before; those of one that is dropped are
// overwritten (PRAGMA secure_delete).
Outcome<void> SqliteEngine::forget_former_rows(sql::Connection& c) {
  for (const std::string table : {"keys", "former_passwords", "sign_in_secrets", "ad_links", "rodc_keys"}) {
    const std::string made = statement_of(c, table);
    auto done = c.execute(fmt::format("ALTER TABLE {0} RENAME TO {0}_before", table));
    if (done) done = c.execute(made);
    if (done)
      done = c.execute(fmt::format("INSERT INTO {0} SELECT * FROM {0}_before; DROP TABLE {0}_before", table));
    if (!done) return done;
  }
  return {};
}

Outcome<void> SqliteEngine::empty_log(sql::Connection& c) {
  return static_cast<sqlite::Connection&>(c).empty_log();
}

}  // namespace ferryman::directory
