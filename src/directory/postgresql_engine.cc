#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "directory/engine.h"
#include "directory/postgresql.h"

namespace ferryman::directory {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds first_pause{20}, last_pause{500};

}  // namespace

PostgresqlEngine::Clock::time_point PostgresqlEngine::missed() {
  const std::lock_guard lock(mutex_);
  if (!missed_since_) missed_since_ = Clock::now();
  return *missed_since_;
}

Outcome<std::unique_ptr<sql::Connection>> PostgresqlEngine::connect() {
  milliseconds pause = first_pause;
  while (true) {
    auto connection = postgresql::Connection::open(url_);
    if (connection) {
      const std::lock_guard lock(mutex_);
      missed_since_.reset();
      return connection;
    }
    if (connection.error().reason != Reason::unavailable || Clock::now() + pause > missed() + patience)
      return tl::unexpected(connection.error());
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, last_pause);
  }
}

Outcome<bool> PostgresqlEngine::is_filled() {
  const auto connection = connect();
  if (!connection) return tl::unexpected(connection.error());
  return (*connection)->read([](sql::Connection& c) -> Outcome<bool> {
    const auto version = c.version();
    if (version) return *version != 0;
    if (version.error().reason == Reason::wrong_version) return true;
    return tl::unexpected(version.error());
  });
}

// The server looks after its pages itself, and keeps to foreign keys always.
void PostgresqlEngine::check(sql::Connection& /*connection*/, std::vector<std::string>& /*findings*/) {}

Outcome<void> PostgresqlEngine::back_up(sql::Connection& /*connection*/, const std::string& /*file*/) {
  return fail(
      Reason::invalid,
      fmt::format(
          "the database {} is PostgreSQL's, whose own tools back it up: `pg_dump -Fc -f FILE '{}'` as "
          "a user who may read it, and pg_restore",
          url_.text, url_.text));
}

// What rows were stays in the server's files and log until it needs the room: to exchange the files of a
// table would hold up who reads it.
Outcome<void> PostgresqlEngine::forget_former_rows(sql::Connection& /*connection*/) {
  return {};
}

Outcome<void> PostgresqlEngine::empty_log(sql::Connection& /*connection*/) {
  return {};
}

}  // namespace ferryman::directory
