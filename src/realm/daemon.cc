#include "realm/daemon.h"

#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/service_manager.h"
#include "realm/private_memory.h"
#include "realm/system_calls.h"
#include "realm/writable_paths.h"

namespace ferryman::realm {
namespace {

using telemetry::Level;

Settings settings_of(const Config& config) {
  return {config.name, config.sign_in};
}

// SIGHUP, SIGTERM and SIGINT as a descriptor; threads that start later have them blocked as well.
int open_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &set, SFD_CLOEXEC);
}

int complain(const std::string& text) {
  fmt::print(stderr, "ferryman-realm: {}\n", text);
  return exit_failure;
}

}  // namespace

Daemon::Daemon(std::string config_file, Config config)
    : config_file_(std::move(config_file)), config_(std::move(config)), service_(settings_of(config_)) {}

Daemon::~Daemon() {
  if (signals_ >= 0) ::close(signals_);
}

int Daemon::run() {
  signals_ = open_signals();
  if (signals_ < 0) return complain("signals cannot be waited for");
  memory_warning_ = keep_memory_private();
  const passwd* const user = ::getpwnam(config_.service.front_user.c_str());
  if (user == nullptr) return complain("front_user does not exist any more");
  const uid_t front_uid = user->pw_uid;
  auto socket = FrontSocket::open(config_.service.front);
  if (!socket) {
    complain(socket.error());
    return exit_bad_configuration;
  }
  if (!confine()) return exit_failure;
  log_ = std::make_unique<telemetry::Log>(config_.log);
  start(*std::move(socket), front_uid);
  while (!ended_) serve();
  front_.reset();
  log_->write(Level::info, "stopped");
  return exit_code_;
}

// While this is the only thread. What it cannot have on this kernel is told once there is a log.
bool Daemon::confine() {
  const std::string& front = config_.service.front;
  landlock_warning_ = forbid_writing(front.substr(0, std::max<std::size_t>(front.rfind('/'), 1)));
  const std::string error = restrict_system_calls();
  if (!error.empty()) complain("system calls cannot be restricted: " + error);
  return error.empty();
}

void Daemon::start(FrontSocket socket, uid_t front_uid) {
  const ServiceConfig& service = config_.service;
  if (!memory_warning_.empty())
    log_->write(Level::warning, "memory is not locked", {{"cause", memory_warning_}});
  if (!landlock_warning_.empty())
    log_->write(Level::warning, "files are guarded by their modes only", {{"cause", landlock_warning_}});
  if (::geteuid() == 0) log_->write(Level::warning, "running as root");
  front_ = std::make_unique<Front>(
      std::move(socket), service_, *log_,
      Front::Options{front_uid, service.threads, service.max_connections, service.max_queue});
  log_->write(Level::info, "ready", {{"realm", config_.name}, {"front", service.front}});
  notify_service_manager("READY=1");
}

// One turn of the first thread: a signal, the end of the drain, or that it takes too long.
void Daemon::serve() {
  std::array<pollfd, 2> waited{{{signals_, POLLIN, 0}, {front_->done(), POLLIN, 0}}};
  int timeout = -1;
  if (draining_) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(drain_end_ - std::chrono::steady_clock::now());
    timeout = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  }
  const int ready = ::poll(waited.data(), waited.size(), timeout);
  if (ready < 0) return;
  if (waited[0].revents != 0) {
    signalfd_siginfo signal{};
    if (::read(signals_, &signal, sizeof signal) == sizeof signal) obey(static_cast<int>(signal.ssi_signo));
  }
  if (waited[1].revents != 0) ended_ = true;
  if (ready == 0 && draining_) {
    log_->write(Level::warning, "drain_timeout is over, ending what is left");
    exit_code_ = exit_failure;
    ended_ = true;
  }
}

void Daemon::obey(int signal) {
  if (signal == SIGHUP) {
    if (!draining_) reload();
  } else if (!draining_) {
    begin_drain();
  } else {
    log_->write(Level::warning, "told to stop again, ending at once");
    exit_code_ = exit_failure;
    ended_ = true;
  }
}

void Daemon::begin_drain() {
  draining_ = true;
  drain_end_ = std::chrono::steady_clock::now() + config_.drain_timeout;
  notify_service_manager("STOPPING=1");
  log_->write(Level::info, "draining");
  front_->drain();
}

void Daemon::reload() {
  notify_service_manager("RELOADING=1");
  LoadedConfig loaded = load_config(config_file_, Users::not_looked_up);
  for (const auto& mistake : loaded.mistakes)
    log_->write(Level::error, "configuration mistake", {{"mistake", mistake.to_string()}});
  if (loaded.mistakes.empty()) {
    if (!(loaded.config.service == config_.service))
      log_->write(Level::warning, "a change of [service] takes effect with the next start");
    loaded.config.service = config_.service;
    config_ = std::move(loaded.config);
    service_.configure(settings_of(config_));
    log_->reconfigure(config_.log);
    log_->write(Level::info, "reloaded", {{"realm", config_.name}});
  } else {
    log_->write(Level::error, "reload refused, the configuration in force stays");
  }
  notify_service_manager("READY=1");
}

}  // namespace ferryman::realm
