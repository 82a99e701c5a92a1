#include "directory/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ferryman::directory::sqlite {
namespace {

constexpr int busy_timeout = 5000;  // ms

// Constraints that an administrator can break; all others are the code's own.
std::string_view taken(std::string_view message) {
  if (message.find("posix_id") != message.npos) return "another object has this uid or gid";
  if (message.find("tenants.") != message.npos || message.find("tenant_names.") != message.npos)
    return "another tenant has this name or domain";
  return "another object has this already";
}

// Only its owner may read a database, and SQLite gives what it puts beside it the same mode.
Outcome<void> create_file(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return fail(errno == EROFS ? Reason::read_only : Reason::unavailable,
                fmt::format("cannot create the database {}: {}", file, std::strerror(errno)));
  ::close(descriptor);
  return {};
}

}  // namespace

Failure failure_of(sqlite3* database, int code, const std::string& file) {
  const char* message = sqlite3_errmsg(database);
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY) return {Reason::invalid, "something else still needs this"};
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return {Reason::already_exists, std::string(taken(message))};
    case SQLITE_FULL:
      return {Reason::full, fmt::format("no space is left for the database {}", file)};
    case SQLITE_READONLY:
      return {Reason::read_only, fmt::format("the database {} cannot be written", file)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Reason::busy, fmt::format("another process keeps the database {} locked", file)};
    case SQLITE_CORRUPT:
      return {Reason::damaged, fmt::format("the database {} is damaged: {}", file, message)};
    case SQLITE_NOTADB:
      return {Reason::wrong_version, fmt::format("{} is no database", file)};
    default:
      return {Reason::unavailable, fmt::format("the database {}: {}", file, message)};
  }
}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Statement::step() {
  if (statement_ == nullptr || connection_->failed()) return false;
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) connection_->note(code);
  return code == SQLITE_ROW;
}

bool Statement::run() {
  while (step()) {
  }
  return !connection_->failed();
}

Bytes Statement::blob(int column) const {
  const auto* octets = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {octets, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_, index, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int index, Bytes octets) {
  if (octets.empty()) {
    sqlite3_bind_zeroblob(statement_, index, 0);
  } else {
    sqlite3_bind_blob64(statement_, index, octets.data(), octets.size(), SQLITE_STATIC);
  }
}

Outcome<std::unique_ptr<Connection>> Connection::open(const std::string& file, Access access) {
  if (access == Access::create)
    if (auto created = create_file(file); !created) return tl::unexpected(created.error());
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(
      file.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<Connection> connection(new Connection(database, file));
  if (code != SQLITE_OK) {
    if (code == SQLITE_CANTOPEN)
      return fail(Reason::unavailable, fmt::format("there is no database {}, or no access to it", file));
    return tl::unexpected(failure_of(database, code, file));
  }
  sqlite3_busy_timeout(database, busy_timeout);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  auto set = connection->execute(
      "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  if (!set) return tl::unexpected(set.error());
  return connection;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

Outcome<void> Connection::execute(const char* sql) {
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(failure_of(database_, code, file_));
  return {};
}

void Connection::note(int code) {
  if (!failed()) failure_ = failure_of(database_, code, file_);
}

void Connection::undo() {
  if (sqlite3_get_autocommit(database_) == 0) run("ROLLBACK");
  failure_.reset();
}

sqlite3_stmt* Connection::prepared(const char* sql) {
  if (failed()) return nullptr;
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) note(code);
  }
  return statement;
}

}  // namespace ferryman::directory::sqlite
