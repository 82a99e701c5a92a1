#pragma once

#include <sqlite3.h>

#include <memory>
#include <optional>
#include <string>

#include "directory/sql.h"

namespace ferryman::directory::sqlite {

// A file of this machine, opened.
class Connection final : public sql::Connection {
 public:
  enum class Access : std::uint8_t { existing, create };
  static Outcome<std::unique_ptr<Connection>> open(const std::string& file, Access access);
  ~Connection() override;

  std::int64_t changes() const override { return sqlite3_changes64(database_); }
  Outcome<void> execute(const std::string& sql) override;
  void each_row(const char* sql, const std::function<void(const sql::Statement& row)>& take) override;
  Outcome<std::size_t> version() override;
  Outcome<void> set_version(std::size_t version) override;

  // Copies the database as it is at one moment into a file that is there and empty. Nothing is synced.
  Outcome<void> copy_into(const std::string& file);
  // All that is in the write-ahead log goes into the database, over what was there, and the log is cut to
  // nothing. Reason busy where others read all the time.
  Outcome<void> empty_log();

 private:
  class Prepared;

  Connection(sqlite3* database, std::string file) : database_(database), file_(std::move(file)) {}
  std::unique_ptr<sql::Prepared> prepare(const char* sql) override;
  std::int64_t begin_moment() override;
  void end_moment() override { moment_.reset(); }
  void begin(Kind kind) override;
  void commit() override { run("COMMIT"); }
  void undo() override;
  Outcome<void> write_ahead();
  void note_code(int code);

  sqlite3* database_;
  std::string file_;
  Kind changes_by_ = Kind::write;  // what it is set up for
  std::optional<sql::Statement> moment_;
};

}  // namespace ferryman::directory::sqlite
