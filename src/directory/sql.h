#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "directory/failure.h"
#include "directory/guid.h"
#include "directory/kept.h"

// A database as the directory uses it, whichever engine it is: sqlite.h and postgresql.h implement this, the
// store is written against it. Nothing here leaves this folder.
//
// Statements are in what both engines understand, with SQLite's placeholders (? or ?1, in the order in which
// they first stand). Integers have 64 bits, and a truth is 0 or 1: what is computed as one is compared
// (`x <> 0`), not taken for a number.
namespace ferryman::directory::sql {

class Connection;

// What a column holds or a placeholder stands for. Views are of who gave them.
using Value = std::variant<std::monostate, std::int64_t, std::string_view, Bytes>;

// A statement that an engine has prepared. What fails is noted at its connection.
class Prepared {
 public:
  virtual ~Prepared() = default;
  // index: from 1. The value stays where it is until reset().
  virtual void bind(int index, const Value& value) = 0;
  // The first call runs it. Whether there is a row.
  virtual bool step() = 0;
  // It can be run again.
  virtual void reset() = 0;
  // Of the present row; the value holds until the next step.
  virtual int columns() const = 0;
  virtual Value value(int column) const = 0;
};

// A statement that runs, until it goes. Views that it returns hold until the next step.
class Statement {
 public:
  Statement(Connection& connection, Prepared* prepared) : connection_(&connection), prepared_(prepared) {}
  ~Statement() {
    if (prepared_ != nullptr) prepared_->reset();
  }
  Statement(Statement&& other) noexcept
      : connection_(other.connection_), prepared_(std::exchange(other.prepared_, nullptr)) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  // Whether there is a row; the failure of one that is not is the connection's.
  bool step();
  // Runs it to its end. Whether nothing failed.
  bool run();

  int columns() const { return prepared_->columns(); }
  Value value(int column) const { return prepared_->value(column); }
  // 0 where there is none.
  std::int64_t integer(int column) const { return maybe(column).value_or(0); }
  std::uint32_t number(int column) const { return static_cast<std::uint32_t>(integer(column)); }
  std::optional<std::int64_t> maybe(int column) const {
    const Value found = value(column);
    const auto* integer = std::get_if<std::int64_t>(&found);
    return integer == nullptr ? std::nullopt : std::optional(*integer);
  }
  // Of text or octets; empty where there are none.
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
  Connection* connection_;
  Prepared* prepared_;  // null where it could not be prepared
};

// What an argument of a statement is to the engine.
template <typename T>
Value value_of(const T& value) {
  if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string_view(value);
  } else if constexpr (std::is_convertible_v<const T&, Bytes>) {
    return Bytes(value);
  } else {
    return Bytes(value.octets);
  }
}
template <typename T>
Value value_of(const std::optional<T>& value) {
  return value ? Value(static_cast<std::int64_t>(*value)) : Value();
}
inline Value value_of(const Value& value) {
  return value;
}

// A connection to a database, for one thread at a time. Its statements are prepared once and kept.
//
// The first failure inside of read(), write(), write_unsynced() or count() stays, and all statements behind
// it do nothing, so that what is done there can be written straight down; the transaction then is undone and
// tells that failure.
class Connection {
 public:
  // How long write() waits for others, and count(), where who guesses must not hold up those who log on; ms.
  static constexpr int write_patience = 5000, count_patience = 250;
  enum class Kind : std::uint8_t { read, write, write_unsynced, count };

  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // sql: a literal, which is told from others by where it stands. Arguments: integers, text, octets, ids and
  // optionals of integers, which the caller keeps until the statement goes; always of the same types.
  template <typename... Arguments>
  Statement statement(const char* sql, const Arguments&... arguments) {
    Statement statement(*this, prepared(sql));
    int index = 0;
    if (statement.prepared_ != nullptr) (statement.prepared_->bind(++index, value_of(arguments)), ...);
    return statement;
  }
  template <typename... Arguments>
  bool run(const char* sql, const Arguments&... arguments) {
    return statement(sql, arguments...).run();
  }
  // The same with as many arguments as a row has.
  bool run_with(const char* sql, std::span<const Value> arguments);
  // Rows that the last statement has changed.
  virtual std::int64_t changes() const = 0;

  // body(connection) returns an Outcome; it may be run again where a transaction was undone by what the
  // engine did. read() sees one moment of the database; write() is alone in writing it, and on the disk when
  // it returns; write_unsynced() is on the disk soon after, or with the next write(): a loss of power may
  // undo it. count() is for counters: it is write_unsynced(), but waits for others for a moment only, and may
  // run beside others, so that it begins by an UPDATE of the row that it counts in.
  template <typename Body>
  auto read(const Body& body) {
    return transaction(Kind::read, body);
  }
  template <typename Body>
  auto write(const Body& body) {
    return transaction(Kind::write, body);
  }
  template <typename Body>
  auto write_unsynced(const Body& body) {
    return transaction(Kind::write_unsynced, body);
  }
  template <typename Body>
  auto count(const Body& body) {
    return transaction(Kind::count, body);
  }

  // A transaction of read() that is left open, in which within() runs one body after the other; the first
  // failure is that of all behind it. Only where begin_moment() tells something.
  Outcome<void> begin_reading();
  template <typename Body>
  auto within(const Body& body) -> std::invoke_result_t<Body, Connection&> {
    auto outcome = body(*this);
    if (failure_) return tl::unexpected(*failure_);
    return outcome;
  }
  void end_reading();
  // What was read so, as long as nothing in the database has changed.
  Kept& kept() { return kept_; }

  // Any text of statements, without placeholders and rows.
  virtual Outcome<void> execute(const std::string& sql) = 0;
  // All rows of a query without placeholders, of which there may be millions. take runs no statement.
  virtual void each_row(const char* sql, const std::function<void(const Statement& row)>& take) = 0;

  // Which migrations a database has had: 0 for an empty one. Reason wrong_version where it is another
  // program's.
  virtual Outcome<std::size_t> version() = 0;
  virtual Outcome<void> set_version(std::size_t version) = 0;
  // The migration's text, which is in SQLite's words, as the engine has it.
  virtual std::string adapted(const char* migration) const { return migration; }

  bool failed() const { return failure_.has_value(); }
  // After a transaction that failed: the connection is of no use any more; and whether what was done is
  // certainly undone by what the engine or its server did, so that it may be done again.
  virtual bool is_lost() const { return false; }
  virtual bool was_undone() const { return false; }

 protected:
  Connection() = default;
  // nullptr where that fails, which is noted.
  virtual std::unique_ptr<Prepared> prepare(const char* sql) = 0;
  // What is read from now on until end_moment() is of one moment. Returns its version: another one after any
  // change but this connection's own. end_moment() must not fail.
  virtual std::int64_t begin_moment() { return 0; }
  virtual void end_moment() {}
  // They note what fails. undo() must not fail.
  virtual void begin(Kind kind) = 0;
  virtual void commit() = 0;
  virtual void undo() = 0;
  void note(Failure failure) {
    if (!failed()) failure_ = std::move(failure);
  }
  void forget_statements() { statements_.clear(); }
  std::optional<Failure> take_failure() { return std::exchange(failure_, std::nullopt); }

 private:
  template <typename Body>
  auto transaction(Kind kind, const Body& body) -> std::invoke_result_t<Body, Connection&> {
    failure_.reset();
    if (kind != Kind::read) kept_.forget();
    begin(kind);
    if (!failed()) {
      auto outcome = body(*this);
      if (outcome && !failed()) commit();
      if (outcome && !failed()) return outcome;
      if (!failed()) {
        undo();
        return outcome;
      }
    }
    Failure failure = *take_failure();
    undo();
    return tl::unexpected(std::move(failure));
  }
  Prepared* prepared(const char* sql);

  std::unordered_map<const char*, std::unique_ptr<Prepared>> statements_;
  std::optional<Failure> failure_;
  Kept kept_;
};

}  // namespace ferryman::directory::sql
