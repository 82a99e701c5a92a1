#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "directory/postgresql_url.h"
#include "directory/sql.h"

// Where the store's connections come from, and what an engine does in a way of its own. Any thread.
namespace ferryman::directory {

class Engine {
 public:
  virtual ~Engine() = default;
  // Of a database that is there.
  virtual Outcome<std::unique_ptr<sql::Connection>> connect() = 0;
  // The same of one that may be empty, or is made where there is none.
  virtual Outcome<std::unique_ptr<sql::Connection>> create() = 0;
  // Whether there is a database with anything in it.
  virtual Outcome<bool> is_filled() = 0;
  // What is wrong with the database as such, sentences. Within a transaction.
  virtual void check(sql::Connection& connection, std::vector<std::string>& findings) = 0;
  // Copies the database as it is at one moment to a new file of mode 0600.
  virtual Outcome<void> back_up(sql::Connection& connection, const std::string& file) = 0;
  // Whether its connections know, at next to no cost, that nothing has changed: their begin_moment().
  virtual bool tells_changes() const { return false; }
  // Within the transaction that has changed all rows of the tables with what is sealed: as far as the engine
  // can, nothing is to stay of what they were; and behind it, nor in its log.
  virtual Outcome<void> forget_former_rows(sql::Connection& connection) = 0;
  virtual Outcome<void> empty_log(sql::Connection& connection) = 0;
};

class SqliteEngine final : public Engine {
 public:
  explicit SqliteEngine(std::string file) : file_(std::move(file)) {}
  Outcome<std::unique_ptr<sql::Connection>> connect() override;
  Outcome<std::unique_ptr<sql::Connection>> create() override;
  Outcome<bool> is_filled() override;
  void check(sql::Connection& connection, std::vector<std::string>& findings) override;
  Outcome<void> back_up(sql::Connection& connection, const std::string& file) override;
  bool tells_changes() const override { return true; }
  Outcome<void> forget_former_rows(sql::Connection& connection) override;
  Outcome<void> empty_log(sql::Connection& connection) override;

 private:
  const std::string file_;
};

class PostgresqlEngine final : public Engine {
 public:
  // How long a server that has gone is waited for, from when it was missed: a restart takes less, and a
  // gateway waits longer. Then who asks is told at once, until it is there again.
  static constexpr std::chrono::milliseconds patience{5000};

  explicit PostgresqlEngine(postgresql::Url url) : url_(std::move(url)) {}
  // The database itself must be there, for both.
  Outcome<std::unique_ptr<sql::Connection>> connect() override;
  Outcome<std::unique_ptr<sql::Connection>> create() override { return connect(); }
  Outcome<bool> is_filled() override;
  void check(sql::Connection& connection, std::vector<std::string>& findings) override;
  Outcome<void> back_up(sql::Connection& connection, const std::string& file) override;
  Outcome<void> forget_former_rows(sql::Connection& connection) override;
  Outcome<void> empty_log(sql::Connection& connection) override;

 private:
  using Clock = std::chrono::steady_clock;

  // Since when the server is missed, this time included.
  Clock::time_point missed();

  const postgresql::Url url_;
  std::mutex mutex_;
  std::optional<Clock::time_point> missed_since_;
};

}  // namespace ferryman::directory
