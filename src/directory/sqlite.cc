#include "directory/sqlite.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace ferryman::directory::sqlite {
namespace {

constexpr std::int64_t application_id = 0x46725279;  // "FrRy"

// Constraints that an administrator can break; all others are the code's own.
std::string_view taken(std::string_view message) {
  if (message.find("posix_id") != message.npos) return "another object has this uid or gid";
  if (message.find("tenants.") != message.npos || message.find("tenant_names.") != message.npos)
    return "another tenant has this name or domain";
  return "another object has this already";
}

// Only its owner may read a database, and SQLite gives what it puts beside it the same mode. The file is not
// opened: to close it would take away the locks that this process has on it already.
Outcome<void> create_file(const std::string& file) {
  if (::mknod(file.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) == 0 || errno == EEXIST) return {};
  return fail(errno == EROFS ? Reason::read_only : Reason::unavailable,
              fmt::format("cannot create the database {}: {}", file, std::strerror(errno)));
}

std::string directory_of(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == file.npos ? "." : file.substr(0, slash + 1);
}

// Whether an operation failed for want of room: where SQLite has done something else since, errno is that's.
bool is_disk_full(int error, const std::string& file) {
  if (error == ENOSPC || error == EDQUOT) return true;
  constexpr unsigned long least = 32768;  // octets of a new "-shm"
  struct statvfs disk {};
  return ::statvfs(directory_of(file).c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize < least;
}

// What the system said, behind a colon.
std::string cause(int error) {
  return error == 0 ? "" : fmt::format(": {}", std::strerror(error));
}

// SQLITE_CANTOPEN and SQLITE_IOERR are of the system, whose errno tells more than they do.
Failure system_failure(int code, int error, const std::string& file, const char* message) {
  if (is_disk_full(error, file))
    return {Reason::full, fmt::format("no space is left on the disk of the database {}", file)};
  struct stat status {};
  if ((code & 0xff) == SQLITE_CANTOPEN) {
    if (::stat(file.c_str(), &status) != 0 && errno == ENOENT)
      return {Reason::unavailable, fmt::format("there is no database {}", file)};
    return {Reason::unavailable,
            fmt::format("the database {0}, or {0}-wal or {0}-shm, cannot be opened{1}", file, cause(error))};
  }
  return {Reason::unavailable, fmt::format("the database {}: {}{}", file, message, cause(error))};
}

// What SQLite says, in the directory's words.
Failure failure_of(sqlite3* database, int code, const std::string& file) {
  const char* message = sqlite3_errmsg(database);
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY) return {Reason::invalid, "something else still needs this"};
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return {Reason::already_exists, std::string(taken(message))};
    case SQLITE_FULL:
      return {Reason::full, fmt::format("no space is left on the disk of the database {}", file)};
    case SQLITE_READONLY:
      return {Reason::read_only,
              fmt::format("the database {0}, or {0}-wal or {0}-shm, cannot be written", file)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Reason::busy, fmt::format("another process keeps the database {} locked", file)};
    case SQLITE_CORRUPT:
      return {Reason::damaged, fmt::format("the database {} is damaged: {}", file, message)};
    case SQLITE_NOTADB:
      return {Reason::wrong_version, fmt::format("{} is no database", file)};
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return system_failure(code, sqlite3_system_errno(database), file, message);
    default:
      return {Reason::unavailable, fmt::format("the database {}: {}", file, message)};
  }
}

}  // namespace

class Connection::Prepared final : public sql::Prepared {
 public:
  Prepared(Connection& connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}
  ~Prepared() override { sqlite3_finalize(statement_); }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  void bind(int index, const sql::Value& value) override {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      sqlite3_bind_int64(statement_, index, *number);
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
      sqlite3_bind_text64(statement_, index, text->data() == nullptr ? "" : text->data(), text->size(),
                          SQLITE_STATIC, SQLITE_UTF8);
    } else if (const auto* octets = std::get_if<Bytes>(&value)) {
      static constexpr std::uint8_t none = 0;  // a null pointer would be NULL
      sqlite3_bind_blob64(statement_, index, octets->empty() ? &none : octets->data(), octets->size(),
                          SQLITE_STATIC);
    }
  }
  bool step() override {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) connection_.note_code(code);
    return code == SQLITE_ROW;
  }
  void reset() override {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  int columns() const override { return sqlite3_column_count(statement_); }
  sql::Value value(int column) const override {
    switch (sqlite3_column_type(statement_, column)) {
      case SQLITE_NULL:
        return {};
      case SQLITE_INTEGER:
        return std::int64_t{sqlite3_column_int64(statement_, column)};
      case SQLITE_TEXT:
        return as_text(octets(column));
      default:
        return octets(column);
    }
  }

 private:
  Bytes octets(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

  Connection& connection_;
  sqlite3_stmt* const statement_;
};

Outcome<std::unique_ptr<Connection>> Connection::open(const std::string& file, Access access) {
  if (access == Access::create)
    if (auto created = create_file(file); !created) return tl::unexpected(created.error());
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(
      file.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<Connection> connection(new Connection(database, file));
  if (code != SQLITE_OK) return tl::unexpected(failure_of(database, code, file));
  sqlite3_busy_timeout(database, write_patience);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  auto set = connection->execute(
      "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
      "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
  if (set) set = connection->write_ahead();
  if (!set) return tl::unexpected(set.error());
  return connection;
}

// Where several turn a new database to WAL at once, SQLite tells all but one at once that it is busy, without
// waiting.
Outcome<void> Connection::write_ahead() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(write_patience);
  while (true) {
    auto set = execute("PRAGMA journal_mode = WAL");
    if (set || set.error().reason != Reason::busy || std::chrono::steady_clock::now() > deadline) return set;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Connection::~Connection() {
  end_moment();
  forget_statements();
  sqlite3_close(database_);
}

Outcome<void> Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(failure_of(database_, code, file_));
  return {};
}

void Connection::each_row(const char* sql, const std::function<void(const sql::Statement& row)>& take) {
  sql::Statement row = statement(sql);
  while (row.step()) take(row);
}

Outcome<std::size_t> Connection::version() {
  const auto number = [this](const char* pragma) {
    sql::Statement row = statement(pragma);
    return row.step() ? row.integer(0) : 0;
  };
  const std::int64_t owner = number("PRAGMA application_id"), version = number("PRAGMA user_version");
  const bool empty = number("SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)") == 0;
  if (owner != application_id && !(empty && owner == 0 && version == 0))
    return fail(Reason::wrong_version, "the database is another program's");
  return static_cast<std::size_t>(version);
}

Outcome<void> Connection::set_version(std::size_t version) {
  return execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, version));
}

Outcome<void> Connection::copy_into(const std::string& file) {
  run("VACUUM INTO ?", file);
  if (auto failure = take_failure()) return tl::unexpected(*std::move(failure));
  return {};
}

// A statement that is not at its end keeps SQLite's transaction for reading open, without one of BEGIN's,
// which costs twice as much.
std::int64_t Connection::begin_moment() {
  moment_.emplace(statement("PRAGMA data_version"));
  return moment_->step() ? moment_->integer(0) : 0;
}

Outcome<void> Connection::empty_log() {
  bool busy = false;
  {
    sql::Statement row = statement("PRAGMA wal_checkpoint(TRUNCATE)");
    busy = row.step() && row.integer(0) != 0;
  }
  if (auto failure = take_failure()) return tl::unexpected(*std::move(failure));
  if (busy) return fail(Reason::busy, "others read the database all the time");
  return {};
}

void Connection::begin(Kind kind) {
  if (kind != Kind::read && kind != changes_by_) {
    run(kind == Kind::write ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    sqlite3_busy_timeout(database_, kind == Kind::count ? count_patience : write_patience);
    changes_by_ = kind;
  }
  run(kind == Kind::read ? "BEGIN" : "BEGIN IMMEDIATE");
}

void Connection::undo() {
  if (sqlite3_get_autocommit(database_) == 0) run("ROLLBACK");
  take_failure();
}

void Connection::note_code(int code) {
  note(failure_of(database_, code, file_));
}

std::unique_ptr<sql::Prepared> Connection::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code == SQLITE_OK) return std::make_unique<Prepared>(*this, statement);
  note_code(code);
  return nullptr;
}

}  // namespace ferryman::directory::sqlite
