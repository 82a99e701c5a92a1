#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

// As PostgreSQL's programs refuse to run as root.
constexpr const char* unprivileged_user = "nobody";

std::string program(const std::string& name) {
  const std::filesystem::path root = "/usr/lib/postgresql";
  std::error_code ignored;
  for (const auto& version : std::filesystem::directory_iterator(root, ignored))
    if (std::filesystem::exists(version.path() / "bin" / name)) return version.path() / "bin" / name;
  throw std::runtime_error("no PostgreSQL server is installed: there is no /usr/lib/postgresql/*/bin/" +
                           name);
}

// Runs it in the folder, with its output in the file log; it ends with this process.
pid_t run_in(const std::string& folder, std::vector<std::string> words) {
  const passwd* const user = ::geteuid() == 0 ? ::getpwnam(unprivileged_user) : nullptr;
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int log = ::open((folder + "/log").c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (user != nullptr &&
      (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
    ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

bool succeeded(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

PostgresqlServer& PostgresqlServer::instance() {
  static PostgresqlServer server;
  return server;
}

PostgresqlServer::PostgresqlServer() {
  std::string path = "/tmp/ferryman_pg_XXXXXX";  // short: a socket's path is
  folder_ = ::mkdtemp(path.data());
  const passwd* const user = ::getpwnam(unprivileged_user);
  if (::geteuid() == 0 && (user == nullptr || ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0))
    throw std::runtime_error(folder_ + " cannot be given to another user");
  if (!succeeded(run_in(folder_, {program("initdb"), "-D", "data", "-U", "test", "-A", "trust", "-E", "UTF8",
                                  "--locale=C.UTF-8", "--no-sync"})))
    throw std::runtime_error("initdb failed, see " + folder_ + "/log");
  start();
}

PostgresqlServer::~PostgresqlServer() {
  kill();
  std::filesystem::remove_all(folder_);
}

void PostgresqlServer::start() {
  process_ = run_in(folder_, {program("postgres"), "-D", "data", "-k", folder_, "-c",
                              "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (PQping(url("postgres").c_str()) != PQPING_OK) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("the server does not start: " + folder_);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void PostgresqlServer::kill() {
  ::kill(process_, SIGQUIT);
  ::waitpid(process_, nullptr, 0);
}

std::string PostgresqlServer::url(const std::string& database) const {
  return "postgresql:///" + database + "?host=" + folder_ + "&user=test";
}

std::string PostgresqlServer::new_database() {
  const std::string name = "d" + std::to_string(++databases_);
  run(url("postgres"), "CREATE DATABASE " + name);
  return url(name);
}

std::string PostgresqlServer::run(const std::string& url, const std::string& sql) const {
  PGconn* const connection = PQconnectdb(url.c_str());
  PGresult* const result = PQexec(connection, sql.c_str());
  const auto status = PQresultStatus(result);
  std::string found;
  if (status == PGRES_TUPLES_OK && PQntuples(result) > 0) found = PQgetvalue(result, 0, 0);
  const std::string error = PQerrorMessage(connection);
  PQclear(result);
  PQfinish(connection);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(error);
  return found;
}

}  // namespace ferryman::directory
