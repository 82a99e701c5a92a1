#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "directory/failure.h"
#include "directory/guid.h"

// SQLite as the directory uses it. Nothing here leaves this folder.
namespace ferryman::directory::sqlite {

class Connection;

// A statement that runs, until it goes. Views that it returns hold until the next step.
class Statement {
 public:
  Statement(Connection& connection, sqlite3_stmt* statement)
      : connection_(&connection), statement_(statement) {}
  ~Statement();
  Statement(Statement&& other) noexcept
      : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  // Whether there is a row; the failure of one that is not is the connection's.
  bool step();
  // Runs it to its end. Whether nothing failed.
  bool run();

  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::uint32_t number(int column) const { return static_cast<std::uint32_t>(integer(column)); }
  std::optional<std::int64_t> maybe(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
  Bytes blob(int column) const;
  std::string text(int column) const { return std::string(as_text(blob(column))); }
  template <typename Id>
  Id id(int column) const {
    Id id;
    const Bytes octets = blob(column);
    if (octets.size() == Guid::size) std::copy(octets.begin(), octets.end(), id.octets.begin());
    return id;
  }

 private:
  friend class Connection;
  // What is bound must outlive the statement.
  void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_, index, value); }
  void bind(int index, std::string_view text);
  void bind(int index, Bytes octets);
  void bind(int index, const Guid& id) { bind(index, id.bytes()); }
  template <typename T>
  void bind(int index, const std::optional<T>& value) {
    if (value) bind(index, std::int64_t{*value});
  }

  Connection* connection_;
  sqlite3_stmt* statement_;  // null where it could not be prepared
};

// A connection to a database, for one thread at a time. Its statements are prepared once and kept.
//
// The first failure inside of read(), write() or count() stays, and all statements behind it do nothing, so
// that what is done there can be written straight down; the transaction then is undone and tells that
// failure.
class Connection {
 public:
  enum class Access : std::uint8_t { existing, create };
  static Outcome<std::unique_ptr<Connection>> open(const std::string& file, Access access);
  ~Connection();

  // sql: a literal, which is told from others by where it stands. Arguments: integers, text, octets, ids and
  // optionals of integers, which the caller keeps until the statement goes.
  template <typename... Arguments>
  Statement statement(const char* sql, const Arguments&... arguments) {
    Statement statement(*this, prepared(sql));
    int index = 0;
    if (statement.statement_ != nullptr) (statement.bind(++index, value_of(arguments)), ...);
    return statement;
  }
  template <typename... Arguments>
  bool run(const char* sql, const Arguments&... arguments) {
    return statement(sql, arguments...).run();
  }
  std::int64_t changes() const { return sqlite3_changes64(database_); }

  // body(connection) returns an Outcome. read() sees one moment of the database; write() is alone in
  // changing it, and on the disk when it returns; count() is write() but for a loss of power.
  template <typename Body>
  auto read(const Body& body) {
    return transaction("BEGIN", body);
  }
  template <typename Body>
  auto write(const Body& body) {
    return transaction("BEGIN IMMEDIATE", body);
  }
  template <typename Body>
  auto count(const Body& body) {
    run("PRAGMA synchronous = NORMAL");
    auto outcome = write(body);
    run("PRAGMA synchronous = FULL");
    return outcome;
  }
  // For what SQLite does in no transaction. body(connection) returns nothing.
  template <typename Body>
  Outcome<void> without_transaction(const Body& body) {
    failure_.reset();
    body(*this);
    if (failure_) return tl::unexpected(*std::exchange(failure_, std::nullopt));
    return {};
  }

  // Any text of statements, outside of a transaction or inside.
  Outcome<void> execute(const char* sql);
  void note(int code);
  bool failed() const { return failure_.has_value(); }
  sqlite3* handle() { return database_; }

 private:
  Connection(sqlite3* database, std::string file) : database_(database), file_(std::move(file)) {}

  template <typename T>
  static auto value_of(const T& value) {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      return static_cast<std::int64_t>(value);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      return std::string_view(value);
    } else if constexpr (std::is_convertible_v<const T&, Bytes>) {
      return Bytes(value);
    } else if constexpr (std::is_base_of_v<Guid, T>) {
      return Bytes(value.octets);
    } else {
      return value;
    }
  }

  template <typename Body>
  auto transaction(const char* begin, const Body& body) -> std::invoke_result_t<Body, Connection&> {
    failure_.reset();
    if (!run(begin)) return tl::unexpected(*std::exchange(failure_, std::nullopt));
    auto outcome = body(*this);
    if (outcome && !failed() && run("COMMIT")) return outcome;
    std::optional<Failure> failure = std::exchange(failure_, std::nullopt);
    undo();
    if (failure) return tl::unexpected(*std::move(failure));
    return outcome;
  }
  void undo();
  sqlite3_stmt* prepared(const char* sql);

  sqlite3* database_;
  std::string file_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::optional<Failure> failure_;
};

// What SQLite says, in the directory's words.
Failure failure_of(sqlite3* database, int code, const std::string& file);

}  // namespace ferryman::directory::sqlite
