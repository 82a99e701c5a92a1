#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "directory/database.h"
#include "realm/admin_socket.h"
#include "realm/administration.h"
#include "realm/config.h"
#include "realm/event_history.h"
#include "realm/front.h"
#include "realm/request_log.h"
#include "realm/service.h"
#include "telemetry/log.h"

namespace ferryman::realm {

inline constexpr int exit_ok = 0, exit_failure = 1, exit_bad_configuration = 2;

// The running service: opens its socket, gives up what it does not need, serves, and obeys signals. One for
// a process, on its first thread, before there are others.
class Daemon {
 public:
  Daemon(std::string config_file, Config config, std::string_view version);
  ~Daemon();

  // Until SIGTERM or SIGINT; returns the exit code.
  int run();

 private:
  int fail(std::string_view text, int code);
  int open();
  bool confine();
  void start();
  std::string look_up_users();
  void serve_administrators();
  admin::Json status() const;
  void serve();
  int poll_timeout() const;
  void look_after_the_directory();
  void look_at_certificate();
  void obey(int signal);
  void begin_drain();
  void reload();

  const std::string config_file_;
  const std::string_view version_;
  Config config_;
  std::string memory_warning_, landlock_warning_;
  int signals_ = -1;
  uid_t front_uid_ = 0;
  std::optional<gid_t> admin_gid_;
  std::optional<uid_t> sync_uid_;  // none: there is no socket for it
  std::optional<ListenSocket> front_socket_, admin_socket_, sync_socket_;
  std::unique_ptr<directory::Database> directory_;
  std::string database_;  // where it is; config_ is replaced while other threads ask
  std::unique_ptr<telemetry::Log> log_;
  EventHistory history_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<RequestLog> requests_;
  std::unique_ptr<Front> front_;
  std::unique_ptr<Administration> administration_;
  std::unique_ptr<AdminSocket> admin_, sync_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  std::chrono::steady_clock::time_point next_write_behind_{}, next_look_at_certificate_{};
  bool draining_ = false, front_ended_ = false, admin_ended_ = false, sync_ended_ = false, ended_ = false;
  std::chrono::steady_clock::time_point drain_end_{};
  int exit_code_ = exit_ok;
};

}  // namespace ferryman::realm
