#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "realm/config.h"
#include "realm/front.h"
#include "realm/service.h"
#include "telemetry/log.h"

namespace ferryman::realm {

inline constexpr int exit_ok = 0, exit_failure = 1, exit_bad_configuration = 2;

// The running service: opens its socket, gives up what it does not need, serves, and obeys signals. One for
// a process, on its first thread, before there are others.
class Daemon {
 public:
  Daemon(std::string config_file, Config config);
  ~Daemon();

  // Until SIGTERM or SIGINT; returns the exit code.
  int run();

 private:
  bool confine();
  void start(FrontSocket socket, uid_t front_uid);
  void serve();
  void obey(int signal);
  void begin_drain();
  void reload();

  std::string config_file_;
  Config config_;
  Service service_;
  std::string memory_warning_, landlock_warning_;
  int signals_ = -1;
  std::unique_ptr<telemetry::Log> log_;
  std::unique_ptr<Front> front_;
  bool draining_ = false, ended_ = false;
  std::chrono::steady_clock::time_point drain_end_{};
  int exit_code_ = exit_ok;
};

}  // namespace ferryman::realm
