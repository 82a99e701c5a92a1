#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/owned.h"
#include "directory/libpq.h"
#include "directory/postgresql_url.h"
#include "directory/sql.h"

namespace ferryman::directory::postgresql {

inline void clear(PGresult* result) {
  pq().PQclear(result);
}
using Result = Owned<PGresult, clear>;

// A connection to a PostgreSQL server, or to a pgbouncer that keeps sessions together (pool_mode = session).
//
// write() takes an advisory lock of the database, for all processes: so it is alone in writing, and what is
// checked before it is written still holds then. The schema's constraints hold beside that. count() locks the
// row alone.
class Connection final : public sql::Connection {
 public:
  // How long a server may take to let this one in, and to answer a statement, beside its waiting for others.
  static constexpr std::chrono::milliseconds answer_patience{3000};

  // libpq has been loaded. Reason unavailable where the server is not reached or lets nobody in, invalid for
  // a database that is not in UTF-8.
  static Outcome<std::unique_ptr<Connection>> open(const Url& url);
  ~Connection() override { pq().PQfinish(connection_); }

  std::int64_t changes() const override { return changes_; }
  Outcome<void> execute(const std::string& sql) override;
  void each_row(const char* sql, const std::function<void(const sql::Statement& row)>& take) override;
  Outcome<std::size_t> version() override;
  Outcome<void> set_version(std::size_t version) override;
  std::string adapted(const char* migration) const override;

  bool is_lost() const override { return lost_; }
  bool was_undone() const override { return undone_; }

 private:
  class Row;
  class Prepared;

  using Clock = std::chrono::steady_clock;

  Connection(PGconn* connection, const Url& url) : connection_(connection), url_(url.text) {}
  Outcome<void> connect();
  std::unique_ptr<sql::Prepared> prepare(const char* sql) override;
  void begin(Kind kind) override;
  void commit() override;
  void undo() override;

  bool wait(short events, Clock::time_point deadline);
  // The answer to what has been sent, whose sending is sent: null where nothing comes of it, which is noted.
  Result answer(int sent);
  Result next_result(Clock::time_point deadline);
  bool is_good(const PGresult* result);
  bool run_text(const std::string& sql);
  void note_result(const PGresult* result);
  // Of a change of which nothing is known.
  Failure unknown() const;
  Failure failure_of(std::string_view state, const PGresult* result) const;

  PGconn* connection_;
  const std::string url_;
  std::chrono::milliseconds patience_ = answer_patience;
  std::int64_t changes_ = 0;
  unsigned statements_ = 0;
  Kind kind_ = Kind::read;
  bool committing_ = false;  // a change, of which nothing is known until the server answers
  bool lost_ = false, undone_ = false;
};

}  // namespace ferryman::directory::postgresql
