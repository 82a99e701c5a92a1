#pragma once

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "directory/test_tools.h"

namespace ferryman::directory {

// A PostgreSQL server of this process' own, at a socket in a private directory, as a user that is not root.
// It is started when it is first asked for, and ends with the process.
class PostgresqlServer {
 public:
  static PostgresqlServer& instance();

  // The URL of a new, empty database.
  std::string new_database();
  // Runs SQL in the database of a URL, or of the server as such; returns the first column of the first row.
  std::string run(const std::string& url, const std::string& sql) const;
  // Ends it, and what it does at the moment, as a crash does; and lets it begin again.
  void kill();
  void start();
  const std::string& folder() const { return folder_; }

  ~PostgresqlServer();
  PostgresqlServer(const PostgresqlServer&) = delete;
  PostgresqlServer& operator=(const PostgresqlServer&) = delete;

 private:
  PostgresqlServer();
  std::string url(const std::string& database) const;

  std::string folder_;
  pid_t process_ = -1;
  int databases_ = 0;
};

enum class EngineKind { sqlite, postgresql };

// A test of what every engine does.
class EachEngine : public DirectoryTest, public testing::WithParamInterface<EngineKind> {
 protected:
  EachEngine()
      : DirectoryTest(GetParam() == EngineKind::sqlite ? "" : PostgresqlServer::instance().new_database()) {}
  static bool is_sqlite() { return GetParam() == EngineKind::sqlite; }
  // Those that what was done just now may be in.
  std::vector<std::filesystem::path> files_of_the_database() const {
    if (is_sqlite()) return files_in(folder_);
    const PostgresqlServer& server = PostgresqlServer::instance();
    server.run(location_, "CHECKPOINT");
    const std::string oid =
        server.run(location_, "SELECT oid FROM pg_database WHERE datname = current_database()");
    const std::string newest = server.run(location_, "SELECT pg_walfile_name(pg_current_wal_lsn())");
    auto files = files_in(server.folder() + "/data/base/" + oid);
    auto log = files_in(server.folder() + "/data/pg_wal");
    std::erase_if(log, [&newest](const auto& file) { return file.filename() > newest; });
    std::sort(log.begin(), log.end());
    files.insert(files.end(), log.end() - std::min<std::ptrdiff_t>(2, std::ssize(log)), log.end());
    return files;
  }

  static std::vector<std::filesystem::path> files_in(const std::string& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      if (entry.is_regular_file()) files.push_back(entry.path());
    return files;
  }

  // Connections that are opened from now on, until it goes, may only read.
  class ReadOnly {
   public:
    explicit ReadOnly(const EachEngine& test) : location_(test.location_) {
      if (is_sqlite()) {
        sqlite_.emplace([](sqlite3* database) {
          sqlite3_exec(database, "PRAGMA query_only = 1", nullptr, nullptr, nullptr);
        });
      } else {
        set("SET default_transaction_read_only = on");
      }
    }
    ~ReadOnly() {
      if (!is_sqlite()) set("RESET default_transaction_read_only");
    }
    ReadOnly(const ReadOnly&) = delete;
    ReadOnly& operator=(const ReadOnly&) = delete;

   private:
    void set(const std::string& what) const {
      const PostgresqlServer& server = PostgresqlServer::instance();
      const std::string name = server.run(location_, "SELECT current_database()");
      server.run(location_, "BEGIN READ WRITE; ALTER DATABASE " + name + " " + what + "; COMMIT");
    }
    const std::string location_;
    std::optional<OnOpen> sqlite_;
  };
};

inline std::string engine_name(const testing::TestParamInfo<EngineKind>& info) {
  return info.param == EngineKind::sqlite ? "Sqlite" : "Postgresql";
}

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define FERRYMAN_ON_EACH_ENGINE(suite)                                                             \
  INSTANTIATE_TEST_SUITE_P(On, suite, testing::Values(EngineKind::sqlite, EngineKind::postgresql), \
                           engine_name)

}  // namespace ferryman::directory
